/**
 * JSON Schemas of everything that goes over the wire: the one source of the validators, the TypeScript types and the
 * OpenAPI document. A field's `description` also tells a caller what is wrong with a value that its `pattern` refuses.
 */

/** Letters of any script; of Unicode's "other" characters (controls, formats, lone surrogates) and line breaks none. */
const text = '[^\\p{Cc}\\p{Cf}\\p{Cs}\\p{Zl}\\p{Zp}]';
const textAtEnds = '[^\\s\\p{Cc}\\p{Cf}\\p{Cs}\\p{Zl}\\p{Zp}]';

/** The latest time that a date can have in ECMAScript. */
const latestTime = 8_640_000_000_000_000;

const appHrn = {
  type: 'string',
  pattern: '^hrn:[a-z0-9-]+:account::[A-Za-z0-9_-]{1,64}:app/[A-Za-z0-9]{1,64}$',
  description: 'HRN of an application: hrn:here:account::{realm}:app/{appId}',
  examples: ['hrn:here:account::myrealm:app/lACE8kgYxsahjbXnvy8w'],
} as const;

const time = {
  type: 'integer',
  format: 'int64',
  description: 'milliseconds since the Unix epoch',
  examples: [1_790_000_000_000],
} as const;

const name = {
  type: 'string',
  pattern: `^\\s*${textAtEnds}(?:${text}{0,253}${textAtEnds})?\\s*$`,
  description:
    '1 to 255 characters, white space around them aside; no control, bidirectional-override or zero-width characters',
  examples: ['billing, production'],
} as const;

const description = {
  type: 'string',
  pattern: `^\\s*(?:${textAtEnds}(?:${text}{0,1021}${textAtEnds})?)?\\s*$`,
  description:
    'at most 1023 characters, white space around them aside; no control, bidirectional-override or zero-width characters',
  examples: ['Sends the invoices.'],
} as const;

const expiresAt = {
  type: 'integer',
  format: 'int64',
  minimum: -1,
  maximum: latestTime,
  default: -1,
  description: 'when the key expires: milliseconds since the Unix epoch, in the future; or -1: never',
  examples: [-1],
} as const;

const enabled = {
  type: 'boolean',
  default: true,
  description: 'whether the key can be used',
  examples: [true],
} as const;

const realm = {
  type: 'string',
  pattern: '^hrn:[a-z0-9-]+:account::[A-Za-z0-9_-]{1,64}:realm/[A-Za-z0-9_-]{1,64}$',
  description: 'HRN of the realm',
  examples: ['hrn:here:account::myrealm:realm/myrealm'],
} as const;

export const generateApiKeyBody = {
  type: 'object',
  properties: {
    name,
    expiresAt,
    enabled,
  },
  required: ['name'],
  additionalProperties: false,
} as const;

export const generateApiKeyDirectPayload = {
  type: 'object',
  properties: {
    app: appHrn,
    name,
    expiresAt,
    enabled,
    createdBy: {
      ...name,
      description: `who asks; stored as "lambda:{createdBy}". ${name.description}`,
      examples: ['signup'],
    },
    correlationId: {
      type: 'string',
      pattern: '^[\\x21-\\x7e]{1,128}$',
      description: '1 to 128 visible ASCII characters',
      examples: ['7d3b1c2e'],
    },
  },
  required: ['app', 'name'],
  additionalProperties: false,
} as const;

export const newApiKeyReply = {
  type: 'object',
  properties: {
    apiKeyId: {
      type: 'string',
      pattern: '^[A-Za-z0-9_]+_[A-Za-z0-9]{1,64}_[A-Za-z0-9]{49}$',
      description: 'the key itself: shown only here, never again',
      examples: ['ak_lACE8kgYxsahjbXnvy8w_0000000000000000000000000000000000000000000EXAMPL'],
    },
    apiKey: {
      type: 'string',
      pattern: '^hrn:[a-z0-9-]+:account::[A-Za-z0-9_-]{1,64}:apikey/[A-Za-z0-9_-]{43}$',
      description: "the key's HRN: names the key, and is not usable as a key",
      examples: ['hrn:here:account::myrealm:apikey/ygfDVbZc7vJQTRGjC5-YXZbuwWwxFu4FxD5SsWbp-no'],
    },
    identity: appHrn,
    realm,
    name,
    enabled,
    expiresAt,
    createdTime: time,
  },
  required: ['apiKeyId', 'apiKey', 'identity', 'realm', 'name', 'enabled', 'expiresAt', 'createdTime'],
  additionalProperties: false,
} as const;

export const createAppBody = {
  type: 'object',
  properties: { name, description },
  required: ['name'],
  additionalProperties: false,
} as const;

export const appReply = {
  type: 'object',
  properties: {
    hrn: appHrn,
    clientId: {
      type: 'string',
      pattern: '^[A-Za-z0-9]{1,64}$',
      description: "the HRN's last part",
      examples: ['lACE8kgYxsahjbXnvy8w'],
    },
    name,
    description,
    realm,
    status: {
      enum: ['active', 'deactivated'],
      description: 'of a deactivated application no key is accepted and none can be made',
      examples: ['active'],
    },
    createdTime: time,
  },
  required: ['hrn', 'clientId', 'name', 'description', 'realm', 'status', 'createdTime'],
  additionalProperties: false,
} as const;

export const errorReply = {
  type: 'object',
  properties: {
    title: { type: 'string', description: 'what kind of error it is' },
    status: { type: 'integer', minimum: 400, maximum: 599, description: 'the HTTP status' },
    code: { type: 'string', pattern: '^[0-9]{6}$', description: 'the error, exactly' },
    cause: { type: 'string', description: 'what was wrong with this request' },
    action: { type: 'string', description: 'what to do about it' },
    correlationId: { type: 'string', description: "the request's X-Correlation-ID" },
    errorId: {
      type: 'string',
      pattern: '^ERROR-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$',
      description: 'found again in the log',
    },
    details: {
      type: 'array',
      maxItems: 20,
      items: {
        type: 'object',
        properties: {
          title: { type: 'string' },
          source: { type: 'string', description: 'JSON path of the field' },
          message: { type: 'string' },
        },
        required: ['title', 'source', 'message'],
        additionalProperties: false,
      },
    },
  },
  required: ['title', 'status', 'code', 'cause', 'action', 'correlationId', 'errorId'],
  additionalProperties: false,
} as const;
