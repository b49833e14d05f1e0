import type { QueryParameter, Route } from './routes.ts';
import * as schemas from './schemas.ts';

/** The headers that requests can have and every response has. */
const ids = {
  CorrelationId: {
    name: 'X-Correlation-ID',
    description:
      'Correlates requests between client and server. The service generates one if it is absent, logs it, passes it on and returns it.',
  },
  RequestId: {
    name: 'X-Request-ID',
    description:
      'Identifies this request within the service. The service generates one if it is absent, logs it, never passes it on and returns it.',
  },
};
const idSchema = { type: 'string', maxLength: 128, pattern: '^[\\x21-\\x7e]{1,128}$' };
const text = { type: 'string', maxLength: 100, pattern: '\\S' };

/** Never `.` or `..`: URLs drop these, so the path would be that of another call. */
const segment = { type: 'string', maxLength: 1024, pattern: '[^.\\s]|\\.{3}' };

const encoding =
  'Your client encodes the value for the URL. If you write the URL yourself, percent-encode the value once.';

/** The path parameters by name. */
const inPath: Readonly<Record<string, object>> = {
  app: {
    description: `The HRN of the application. ${encoding}`,
    schema: ruleOf(schemas.appHrn),
    example: schemas.appHrn.examples[0],
  },
  apiKey: {
    description: `The HRN of the API key. ${encoding}`,
    schema: ruleOf(schemas.apiKeyHrn),
    example: schemas.apiKeyHrn.examples[0],
  },
  principal: {
    description: `The principal: the sub of its tokens. ${encoding}`,
    schema: segment,
    example: schemas.grantReply.properties.principal.examples[0],
  },
  issuer: {
    description: `The https URL of the token issuer. ${encoding}`,
    schema: ruleOf(schemas.issuer),
    example: schemas.issuer.examples[0],
  },
};
const pathNames: Readonly<Record<string, string>> = {
  app: 'AppHrn',
  apiKey: 'ApiKeyHrn',
  principal: 'Principal',
  issuer: 'IssuerUrl',
};

/** The query parameters by name. */
const inQuery: Readonly<Record<QueryParameter, object>> = {
  limit: {
    description: 'The maximum number of items in a page. With 0, the page has only the total.',
    schema: { ...ruleOf(schemas.pageLimit), default: 100 },
  },
  pageToken: { description: 'The pageToken of the previous page.', schema: ruleOf(schemas.pageToken) },
  action: {
    description:
      'Lists only the applications on which the caller has this right; manage includes write, and write includes read.',
    schema: { ...ruleOf(schemas.action), default: 'read' },
  },
  overAge: {
    description:
      'With true, lists only the API keys that are older than the maximum lifetime, which was set after they were created, and have not expired.',
    schema: ruleOf(schemas.flag),
  },
  due: {
    description: 'With true, returns the current notices for the API keys of each application.',
    schema: ruleOf(schemas.flag),
  },
};
const queryNames: Readonly<Record<QueryParameter, string>> = {
  limit: 'Limit',
  pageToken: 'PageToken',
  action: 'Action',
  overAge: 'OverAge',
  due: 'Due',
};

/** Every parameter that an operation can have, by its name in the OpenAPI document. */
export const parameters: Readonly<Record<string, object>> = {
  ...Object.fromEntries(
    Object.entries(inPath).map(([name, rest]) => [pathNames[name], { name, in: 'path', required: true, ...rest }]),
  ),
  ...Object.fromEntries(
    Object.entries(inQuery).map(([name, rest]) => [queryNames[name as QueryParameter], { name, in: 'query', ...rest }]),
  ),
  IdempotencyKey: {
    name: 'Idempotency-Key',
    in: 'header',
    description:
      'A new random value for each creation, such as a UUID. For 24 hours a request with the same key, caller, operation, path and body gets the same response, with the header Idempotency-Replayed.',
    schema: { type: 'string', pattern: '^[\\x21-\\x7e]{1,255}$', maxLength: 255 },
  },
  ...Object.fromEntries(Object.entries(ids).map(([key, id]) => [key, { ...id, in: 'header', schema: idSchema }])),
};

/** Every header that a response can have, by its name in the OpenAPI document. */
export const headers: Readonly<Record<string, object>> = {
  ...Object.fromEntries(Object.entries(ids).map(([key, { description }]) => [key, { description, schema: idSchema }])),
  IdempotencyReplayed: {
    description: 'The service gave this response before, to a request with the same Idempotency-Key.',
    schema: { type: 'string', enum: ['true'] },
  },
  EffectiveBy: {
    description: `If the call takes something away from API keys: ${schemas.effectiveBy.description}.`,
    schema: ruleOf(schemas.effectiveBy),
  },
  WwwAuthenticate: { description: 'As in RFC 6750.', schema: text },
  RetryAfter: { description: 'Whole seconds.', schema: text },
};

/** The headers of every response. */
export const idHeaders = Object.fromEntries(Object.entries(ids).map(([key, { name }]) => [name, headerRef(key)]));

/** @returns references to the path parameters, then to the other parameters of an operation of this kind */
export function parameterRefs(path: string, kind: Pick<Route, 'query' | 'isRepeatable'>): object[] {
  const names = [
    ...[...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => pathNames[name]),
    ...(kind.query ?? []).map((name) => queryNames[name]),
    ...(kind.isRepeatable ? ['IdempotencyKey'] : []),
    ...Object.keys(ids),
  ];
  return names.map((name) => ({ $ref: `#/components/parameters/${name}` }));
}

export function headerRef(name: string): object {
  return { $ref: `#/components/headers/${name}` };
}

/** @returns a schema without its description and examples */
function ruleOf({ description, examples, ...rule }: { description: string; examples: readonly unknown[] }): object {
  return rule;
}
