import { latestTime } from '../domain/api-key.ts';
import { unseen } from '../domain/unseen.ts';
import { reasons } from '../domain/verification.ts';

/**
 * JSON Schemas of all requests and responses: the only source of the validators, the TypeScript types and the OpenAPI
 * document. If a value does not match a field's `pattern`, the field's `description` tells the caller what is wrong.
 */

const text = `[^${unseen}]`;
const textAtEnds = `[^\\s${unseen}]`;

/** As many characters as a body can have. The pattern of a trimmed text limits its length. */
const maxLength = 16_384;

/** A text for people in a response. */
const words = { type: 'string', pattern: '\\S', maxLength: 1_000 } as const;

export const appHrn = {
  type: 'string',
  maxLength: 256,
  pattern: '^hrn:[a-z0-9-]+:account::[A-Za-z0-9_-]{1,64}:app/[A-Za-z0-9]{1,64}$',
  description: 'HRN of an application: hrn:here:account::{realm}:app/{appId}',
  examples: ['hrn:here:account::myrealm:app/lACE8kgYxsahjbXnvy8w'],
} as const;

const time = {
  type: 'integer',
  format: 'int64',
  minimum: 0,
  maximum: latestTime,
  description: 'milliseconds since the Unix epoch',
  examples: [1_790_000_000_000],
} as const;

const name = {
  type: 'string',
  maxLength,
  pattern: `^\\s*${textAtEnds}(?:${text}{0,253}${textAtEnds})?\\s*$`,
  description: '1 to 255 characters, after trimming; no control, bidirectional-override or zero-width characters',
  examples: ['billing, production'],
} as const;

const description = {
  type: 'string',
  maxLength,
  pattern: `^\\s*(?:${textAtEnds}(?:${text}{0,1021}${textAtEnds})?)?\\s*$`,
  description: 'at most 1023 characters, after trimming; no control, bidirectional-override or zero-width characters',
  examples: ['Sends the invoices.'],
} as const;

const principal = {
  type: 'string',
  pattern: `^${text}{1,255}$`,
  maxLength: 255,
  description: 'the sub of its tokens',
  examples: ['ci'],
} as const;

const expiresAt = {
  type: 'integer',
  format: 'int64',
  minimum: -1,
  maximum: latestTime,
  description: 'when the key expires: milliseconds since the Unix epoch, in the future; or -1: never',
  examples: [-1],
} as const;

const enabled = {
  type: 'boolean',
  description: 'whether the key can be used',
  examples: [true],
} as const;

const scope = {
  type: 'string',
  maxLength: 64,
  pattern: '^[a-z0-9][a-z0-9._:-]*$',
  description: '1 to 64 lower-case letters, digits or . _ : -, of which the first is a letter or a digit',
  examples: ['invoices:read'],
} as const;

const scopes = {
  type: 'array',
  items: scope,
  maxItems: 20,
  uniqueItems: true,
  description: 'what the key can do, in terms of your APIs; a key without scopes has none',
  examples: [['invoices:read']],
} as const;

const ceiling = {
  ...scopes,
  description: 'the only scopes that keys of the application can have; if it is missing, they can have any',
} as const;

const allowedSources = {
  type: 'array',
  items: {
    type: 'string',
    maxLength: 64,
    pattern: '^[0-9A-Fa-f:.]{2,45}(?:/[0-9]{1,3})?$',
    description: 'an IPv4 or IPv6 address, or a CIDR block such as 10.0.0.0/8',
    examples: ['203.0.113.0/24'],
  },
  maxItems: 20,
  description: 'the addresses from which the key can be used; an empty list allows all',
  examples: [['203.0.113.0/24', '2001:db8::1']],
} as const;

const referrers = {
  type: 'array',
  items: {
    type: 'string',
    // 255 characters and a port
    maxLength: 261,
    pattern: '^[A-Za-z0-9._-]+(?::[0-9]{1,5})?(?:/[A-Za-z0-9._/-]*)?$',
    description: 'a host without https://, optionally with a port and a path, such as www.example.com:8443/app',
    examples: ['www.example.com'],
  },
  maxItems: 20,
  description: 'web pages from which keys of the application can be used; an empty list allows all',
  examples: [['www.example.com']],
} as const;

/** Further fields of a key that the caller chooses. */
const more = {
  description: {
    ...description,
    pattern: `^\\s*(?:${textAtEnds}(?:${text}{0,253}${textAtEnds})?)?\\s*$`,
    description: description.description.replace('1023', '255'),
  },
  scopes,
  allowedSources,
} as const;

/** The fields of a new key that the caller chooses. */
const apiKeyFields = {
  name,
  expiresAt: { ...expiresAt, default: -1 },
  enabled: { ...enabled, default: true },
  ...more,
} as const;

const realm = {
  type: 'string',
  maxLength: 256,
  pattern: '^hrn:[a-z0-9-]+:account::[A-Za-z0-9_-]{1,64}:realm/[A-Za-z0-9_-]{1,64}$',
  description: 'HRN of the realm',
  examples: ['hrn:here:account::myrealm:realm/myrealm'],
} as const;

export const generateApiKeyBody = {
  type: 'object',
  properties: apiKeyFields,
  required: ['name'],
  additionalProperties: false,
} as const;

export const generateApiKeyDirectPayload = {
  type: 'object',
  properties: {
    app: appHrn,
    ...apiKeyFields,
    createdBy: {
      ...name,
      description: `who asks; stored as "lambda:{createdBy}". ${name.description}`,
      examples: ['signup'],
    },
    correlationId: {
      type: 'string',
      pattern: '^[\\x21-\\x7e]{1,128}$',
      maxLength: 128,
      description: '1 to 128 visible ASCII characters',
      examples: ['7d3b1c2e'],
    },
    idempotencyKey: {
      type: 'string',
      pattern: '^[\\x21-\\x7e]{1,255}$',
      maxLength: 255,
      description: '1 to 255 visible ASCII characters: the same payload under the same key gives the same API key',
      examples: ['signup-4711'],
    },
  },
  required: ['app', 'name'],
  additionalProperties: false,
} as const;

export const updateApiKeyBody = {
  type: 'object',
  properties: { name, expiresAt, ...more },
  required: [],
  additionalProperties: false,
  examples: [{ name: name.examples[0] }],
} as const;

const seconds = { type: 'integer', format: 'int32', minimum: 0, maximum: 31_536_000 } as const;

export const overlap = {
  type: 'object',
  properties: {
    untilFirstUse: {
      ...seconds,
      description: 'how many seconds after the first recorded use of the successor the old key ends',
      examples: [600],
    },
    atMost: {
      ...seconds,
      minimum: 1,
      description: 'after how many seconds the old key ends at the latest',
      examples: [86400],
    },
  },
  required: ['untilFirstUse', 'atMost'],
  additionalProperties: false,
  description:
    'instead of overlapSeconds: the old key ends when its successor is in use, and after atMost at the latest',
  examples: [{ untilFirstUse: 600, atMost: 86400 }],
} as const;

export const rotateApiKeyBody = {
  type: 'object',
  properties: {
    overlap,
    overlapSeconds: {
      ...seconds,
      default: 0,
      description:
        'how long the old key stays valid together with its successor, in seconds, up to one year; 0 ends the old key at once',
      examples: [3600],
    },
    expiresAt: {
      ...expiresAt,
      description: `${expiresAt.description}. Default: that of the old key, if it is still in the future`,
    },
    name,
    ...more,
  },
  required: [],
  additionalProperties: false,
  examples: [{ overlapSeconds: 3600 }],
} as const;

export const apiKeyHrn = {
  type: 'string',
  maxLength: 256,
  pattern: '^hrn:[a-z0-9-]+:account::[A-Za-z0-9_-]{1,64}:apikey/[A-Za-z0-9_-]{43}$',
  description: "the key HRN: the public name of the key, which can't be used as a credential",
  examples: ['hrn:here:account::myrealm:apikey/ygfDVbZc7vJQTRGjC5-YXZbuwWwxFu4FxD5SsWbp-no'],
} as const;

const apiKey = {
  apiKey: apiKeyHrn,
  identity: appHrn,
  realm,
  name,
  enabled,
  expiresAt,
  ...more,
  createdTime: time,
  rotatedFrom: {
    type: 'string',
    maxLength: apiKeyHrn.maxLength,
    pattern: apiKeyHrn.pattern,
    description: 'HRN of the key that this one replaces, if it was created by a rotation',
  },
} as const;

const disabledReason = {
  type: 'string',
  enum: ['leaked'],
  description:
    'why the key is disabled: leaked, if a holder of the key revoked it without a token; enabling the key clears it',
  examples: ['leaked'],
} as const;

export const effectiveBy = {
  ...time,
  description: `the time from which no verifier accepts what was revoked, whatever it has cached: ${time.description}`,
} as const;

const creator = {
  ...words,
  description: 'the principal that generated the key; or "lambda:" and the function, the secret or the service',
  examples: ['ci'],
} as const;

export const lastChange = {
  type: 'object',
  properties: {
    at: time,
    by: { ...words, description: 'the principal; or "lambda:" and what else made the change', examples: ['ci'] },
    action: {
      type: 'string',
      pattern: '^[A-Za-z]+$',
      maxLength: 64,
      description: 'the operation, such as disableApiKey, or the event, such as apiKeyLeaked',
      examples: ['updateApiKey'],
    },
  },
  required: ['at', 'by', 'action'],
  additionalProperties: false,
} as const;

const rotatedTo = {
  ...apiKey.rotatedFrom,
  description: 'HRN of the successor, if this key was rotated: it cannot be rotated again',
} as const;

const untilFirstUse = {
  ...overlap.properties.untilFirstUse,
  description:
    'this many seconds after the first recorded use of its successor, the key ends, if that is before expiresAt. Only after a rotation with such an overlap',
} as const;

const lastUsedTime = {
  ...time,
  description: `when the key was last used, as precisely as the service is set to record it: ${time.description}`,
} as const;

const always = [
  'apiKey',
  'identity',
  'realm',
  'name',
  'enabled',
  'expiresAt',
  'description',
  'scopes',
  'allowedSources',
  'createdTime',
] as const;

export const apiKeyReply = {
  type: 'object',
  properties: { ...apiKey, createdBy: creator, lastChange, rotatedTo, untilFirstUse, disabledReason, lastUsedTime },
  required: [...always, 'createdBy', 'lastChange'],
  additionalProperties: false,
} as const;

export const changedApiKeyReply = {
  ...apiKeyReply,
  properties: { ...apiKeyReply.properties, effectiveBy },
} as const;

export const newApiKeyReply = {
  type: 'object',
  properties: {
    apiKeyId: {
      type: 'string',
      pattern: '^[A-Za-z0-9_]+_[A-Za-z0-9]{1,64}_[A-Za-z0-9]{49}$',
      maxLength: 256,
      description: 'the secret value of the key: shown only in this response',
      examples: ['ak_lACE8kgYxsahjbXnvy8w_0000000000000000000000000000000000000000000EXAMPL'],
    },
    ...apiKey,
  },
  required: ['apiKeyId', ...always],
  additionalProperties: false,
} as const;

export const successorReply = {
  ...newApiKeyReply,
  properties: { ...newApiKeyReply.properties, effectiveBy },
} as const;

const presentedApiKeyId = {
  type: 'string',
  pattern: '\\S',
  maxLength,
  description: 'the presented key: any text that is not blank',
  examples: newApiKeyReply.properties.apiKeyId.examples,
} as const;

const realmName = {
  type: 'string',
  maxLength: 64,
  pattern: '^[A-Za-z0-9_-]{1,64}$',
  description: 'the name of the realm',
  examples: ['myrealm'],
} as const;

const appId = {
  type: 'string',
  pattern: '^[A-Za-z0-9]{1,64}$',
  maxLength: 64,
  description: "the HRN's last part",
  examples: ['lACE8kgYxsahjbXnvy8w'],
} as const;

/** The conditions that the key must meet, and the origin of the request that has it. */
const purpose = {
  realms: {
    type: 'array',
    items: realmName,
    minItems: 1,
    maxItems: 100,
    uniqueItems: true,
    description: 'the realms whose keys you accept; missing: all whose keys you can verify',
    examples: [['myrealm']],
  },
  scopes: { ...scopes, description: 'the scopes that you need: all of them' },
  apps: {
    type: 'array',
    items: { ...appId, description: 'ID of an application' },
    minItems: 1,
    maxItems: 100,
    uniqueItems: true,
    description: 'the IDs of the applications whose keys you accept; missing: all',
    examples: [['lACE8kgYxsahjbXnvy8w']],
  },
  source: {
    type: 'string',
    maxLength: 64,
    pattern: '^[0-9A-Fa-f:.]{2,45}$',
    description: 'the IP address that the request comes from, as your gateway or framework knows it',
    examples: ['203.0.113.7'],
  },
  referrer: {
    type: 'string',
    pattern: '\\S',
    maxLength: 2048,
    description: 'the value of its header Origin or Referer',
    examples: ['https://www.example.com'],
  },
} as const;

export const revokeApiKeyBody = {
  type: 'object',
  properties: { apiKeyId: presentedApiKeyId },
  required: ['apiKeyId'],
  additionalProperties: false,
} as const;

export const revocationReply = {
  type: 'object',
  properties: {
    accepted: {
      type: 'boolean',
      enum: [true],
      description: 'the response is the same whether or not the key exists',
      examples: [true],
    },
  },
  required: ['accepted'],
  additionalProperties: false,
} as const;

export const verifyApiKeyBody = {
  type: 'object',
  properties: { apiKeyId: presentedApiKeyId, ...purpose },
  required: ['apiKeyId'],
  additionalProperties: false,
} as const;

export const verifyApiKeyDirectPayload = {
  type: 'object',
  properties: {
    apiKeyId: presentedApiKeyId,
    ...purpose,
    correlationId: generateApiKeyDirectPayload.properties.correlationId,
  },
  required: ['apiKeyId'],
  additionalProperties: false,
} as const;

export const verificationReply = {
  oneOf: [
    {
      type: 'object',
      title: 'Valid API Key',
      properties: {
        valid: { type: 'boolean', enum: [true], description: 'accept it', examples: [true] },
        ...apiKey,
      },
      required: ['valid', ...always],
      additionalProperties: false,
    },
    {
      type: 'object',
      title: 'Invalid API Key',
      properties: {
        valid: { type: 'boolean', enum: [false], description: 'reject it', examples: [false] },
        reason: {
          type: 'string',
          enum: reasons,
          description: 'why; for you, not for the client that presented the key',
          examples: ['expired'],
        },
      },
      required: ['valid', 'reason'],
      additionalProperties: false,
    },
  ],
} as const;

export const pageLimit = {
  type: 'integer',
  format: 'int32',
  minimum: 0,
  maximum: 100,
  description: 'the maximum number of entries in a page',
  examples: [100],
} as const;
export const flag = {
  type: 'string',
  enum: ['true', 'false'],
  default: 'false',
  description: 'true or false',
  examples: ['true'],
} as const;

export const pageToken = {
  type: 'string',
  pattern: '^[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]{16}$',
  maxLength: 512,
  description: 'send it to get the next page; the last page has none',
  examples: ['MDAwMDE3OTUzODg4NjEwODEjYXBw.q83vEjRWeJCrze8S'],
} as const;
const pageSize = { ...pageLimit, description: 'the number of entries in this page', examples: [1] } as const;
const total = {
  type: 'integer',
  format: 'int32',
  minimum: 0,
  maximum: 1_000,
  description: 'the number of entries on all pages',
  examples: [1],
} as const;

export const apiKeysReply = {
  type: 'object',
  properties: { limit: pageSize, total, items: { type: 'array', maxItems: 100, items: apiKeyReply }, pageToken },
  required: ['limit', 'total', 'items'],
  additionalProperties: false,
} as const;

export const createAppBody = {
  type: 'object',
  properties: { name, description, referrers, scopes: ceiling },
  required: ['name'],
  additionalProperties: false,
} as const;

export const appReply = {
  type: 'object',
  properties: {
    hrn: appHrn,
    id: appId,
    clientId: { ...appId, description: 'the same as id' },
    name,
    description,
    referrers,
    scopes: ceiling,
    realm: realmName,
    status: {
      type: 'string',
      enum: ['active', 'deactivated'],
      description: 'the keys of a deactivated application are rejected, and no key can be generated',
      examples: ['active'],
    },
    createdTime: time,
    createdBy: { ...principal, description: 'the principal that created the application' },
    lastChange,
  },
  required: [
    'hrn',
    'id',
    'clientId',
    'name',
    'description',
    'referrers',
    'realm',
    'status',
    'createdTime',
    'createdBy',
    'lastChange',
  ],
  additionalProperties: false,
} as const;

export const changedAppReply = { ...appReply, properties: { ...appReply.properties, effectiveBy } } as const;

export const updateAppBody = {
  type: 'object',
  properties: {
    name,
    description,
    status: appReply.properties.status,
    referrers,
    scopes: {
      ...ceiling,
      type: ['array', 'null'],
      description: `${ceiling.description}; null removes the limit`,
    },
  },
  required: [],
  additionalProperties: false,
  examples: [{ description: description.examples[0] }],
} as const;

export const dueNotice = {
  type: 'object',
  properties: {
    app: appHrn,
    apiKey: apiKeyHrn,
    notice: {
      type: 'string',
      enum: ['apiKeyExpiring', 'apiKeyExpired', 'apiKeyIdle', 'apiKeyRotationDue'],
      description: 'the event about the API key',
      examples: ['apiKeyExpiring'],
    },
    time: { ...time, description: `the time from which the notice is true: ${time.description}` },
  },
  required: ['app', 'apiKey', 'notice', 'time'],
  additionalProperties: false,
} as const;

export const appsReply = {
  type: 'object',
  properties: {
    limit: pageSize,
    total: { ...total, description: 'the number of matches on all pages; 1000 means 1,000 or more' },
    principal: {
      ...principal,
      description: 'the calling principal: compare it with the createdBy of each application',
    },
    mayCreate: { type: 'boolean', description: 'whether the caller may create applications', examples: [true] },
    items: { type: 'array', maxItems: 100, items: appReply },
    due: {
      type: 'array',
      maxItems: 20_000,
      items: dueNotice,
      description: 'with due=true: the current notices for the API keys of these applications',
    },
    pageToken,
  },
  required: ['limit', 'total', 'principal', 'mayCreate', 'items'],
  additionalProperties: false,
} as const;

export const action = {
  type: 'string',
  enum: ['read', 'write', 'manage'],
  description: 'a right',
  examples: ['read'],
} as const;

const actions = {
  type: 'array',
  items: { type: action.type, enum: action.enum },
  minItems: 1,
  maxItems: 3,
  uniqueItems: true,
  description: 'rights: a list of read, write, manage, each once and at least one',
  examples: [['read']],
} as const;

const lifetimeDays = { type: 'integer', format: 'int32', minimum: 1, maximum: 3650 } as const;

export const keyLifetime = {
  type: 'object',
  properties: {
    defaultDays: {
      ...lifetimeDays,
      description: 'after so many days a new API key ends whose request names no end. Default: maxDays, else never',
      examples: [30],
    },
    maxDays: {
      ...lifetimeDays,
      description: 'an API key ends at most so many days after its creation. Without it, there is no limit',
      examples: [90],
    },
  },
  required: [],
  additionalProperties: false,
  description: 'the rules of the realm for the expiry of API keys: expiresAt must keep to them',
} as const;

export const appWithRightsReply = {
  ...appReply,
  properties: {
    ...appReply.properties,
    keyLifetime,
    rights: {
      ...actions,
      description: "the caller's rights on the application, from the token and from grants, including implied rights",
    },
  },
  required: [...appReply.required, 'rights', 'keyLifetime'],
} as const;

export const putGrantBody = {
  type: 'object',
  properties: { actions },
  required: ['actions'],
  additionalProperties: false,
} as const;

export const grantReply = {
  type: 'object',
  properties: { principal, actions },
  required: ['principal', 'actions'],
  additionalProperties: false,
} as const;

export const grantsReply = {
  type: 'object',
  properties: { total, items: { type: 'array', maxItems: 100, items: grantReply } },
  required: ['total', 'items'],
  additionalProperties: false,
} as const;

export const issuer = {
  type: 'string',
  pattern: '^https://',
  maxLength: 255,
  description: 'URL of a token issuer',
  examples: ['https://issuer.example.com'],
} as const;

export const issuersReply = {
  type: 'object',
  properties: { total, items: { type: 'array', maxItems: 10, items: issuer } },
  required: ['total', 'items'],
  additionalProperties: false,
} as const;

export const errorDetail = {
  type: 'object',
  properties: {
    title: words,
    source: { ...words, description: 'JSON path of the field' },
    message: words,
  },
  required: ['title', 'source', 'message'],
  additionalProperties: false,
} as const;

export const errorReply = {
  type: 'object',
  properties: {
    title: { ...words, description: 'what kind of error it is' },
    status: { type: 'integer', format: 'int32', minimum: 400, maximum: 599, description: 'the HTTP status' },
    code: { type: 'string', pattern: '^[0-9]{6}$', maxLength: 6, description: 'the exact error' },
    cause: { ...words, description: 'what was wrong with this request' },
    action: { ...words, description: 'what to do about it' },
    correlationId: { ...words, description: "the request's X-Correlation-ID" },
    errorId: {
      type: 'string',
      // A UUID, or API Gateway's extended request ID.
      pattern: '^ERROR-[A-Za-z0-9+/=_-]{8,128}$',
      maxLength: 134,
      description: 'also in the log',
    },
    details: {
      type: 'array',
      maxItems: 20,
      items: errorDetail,
    },
  },
  required: ['title', 'status', 'code', 'cause', 'action', 'correlationId', 'errorId'],
  additionalProperties: false,
} as const;

/** Every character except ASCII control characters that are not white space. */
const anyText = '[^\\x00-\\x08\\x0e-\\x1f\\x7f]';

/**
 * Replacements in the OpenAPI document for patterns that only ECMAScript reads, with its flag `u`. Each one matches at
 * least what the exact pattern matches. The field's description has the exact rule.
 */
export const portablePatterns: Readonly<Record<string, string>> = {
  [name.pattern]: '\\S',
  [description.pattern]: `^${anyText}*$`,
  [more.description.pattern]: `^${anyText}*$`,
  [principal.pattern]: `^${anyText}+$`,
};
