import { type ErrorCode, errorTable } from '../domain/errors.ts';
import { type Operation, operations } from './operations.ts';
import { errorReply } from './schemas.ts';

const ids = [
  {
    name: 'X-Correlation-ID',
    description:
      'Correlates requests between client and server. Generated if absent; in every log line; passed on; returned.',
  },
  {
    name: 'X-Request-ID',
    description:
      'Tracks this request within the service. Generated if absent; in every log line; never passed on; returned.',
  },
];
const idSchema = { type: 'string', maxLength: 128, pattern: '^[\\x21-\\x7e]{1,128}$', examples: ['5f0c9a52'] };

/** Parameters in paths, by their names. */
const pathParameters: Readonly<Record<string, { description: string; example: string }>> = {
  app: {
    description: 'HRN of the application, URL-encoded.',
    example: 'hrn:here:account::myrealm:app/lACE8kgYxsahjbXnvy8w',
  },
  apiKey: {
    description: 'HRN of the API key, URL-encoded.',
    example: 'hrn:here:account::myrealm:apikey/ygfDVbZc7vJQTRGjC5-YXZbuwWwxFu4FxD5SsWbp-no',
  },
  principal: { description: 'The principal, URL-encoded: the sub of its tokens.', example: 'demo' },
  issuer: { description: 'The https URL of the token issuer, URL-encoded.', example: 'https://issuer.example.com' },
};

/** Never `.` or `..`, which URLs drop, so that the path would be that of another call. */
const segment = { type: 'string', maxLength: 1024, pattern: '[^.\\s]|\\.{3}' };

const pageParameters = [
  {
    name: 'limit',
    in: 'query',
    description: 'How many items a page has at most.',
    schema: { type: 'integer', format: 'int32', minimum: 1, maximum: 100, default: 100 },
  },
  {
    name: 'pageToken',
    in: 'query',
    description: 'The pageToken of the page before.',
    schema: { type: 'string', maxLength: 512, pattern: '^[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]{16}$' },
  },
];

const idempotencyKey = {
  name: 'Idempotency-Key',
  in: 'header',
  description:
    'For 24 hours the same key, caller, operation, path and body give the same answer, with the header Idempotency-Replayed.',
  schema: { type: 'string', pattern: '^[\\x21-\\x7e]{1,255}$', maxLength: 255, examples: ['order-4711'] },
};

/** @returns every error that a call of the operation can meet */
export function errorsOf(operation: Operation): ErrorCode[] {
  const { access, path = '', body, errors, isPaged, isRepeatable } = operation;
  const codes: ErrorCode[] = ['500000', '503000', '429003', ...errors];
  if (body) codes.push('400201');
  if (body || isPaged || isRepeatable) codes.push('400200');
  if (access === 'invoke') return [...new Set(codes)].sort();
  if (body) codes.push('400002', '400003', '400004', '413000');
  if (access !== 'public') codes.push('401200', '401300', '403403', '429003');
  if (path.includes('{app}')) codes.push('400288', '404660');
  if (path.includes('{apiKey}')) codes.push('404666');
  return [...new Set(codes)].sort();
}

/** @returns the OpenAPI 3.1 document of all operations that have a route */
export function openapiDocument(): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const operation of Object.values<Operation>(operations)) {
    if (operation.path && operation.method) {
      paths[operation.path] = { ...paths[operation.path], [operation.method]: describe(operation) };
    }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'appkeys',
      version: '0.1.0',
      description: 'API keys for applications, at most two each: a small service for your own AWS account.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [
      { url: '.', description: 'Where this document came from: local, staging or production.', 'x-internal': false },
    ],
    tags: [
      { name: 'apiKeys', description: 'The API keys of an application.' },
      { name: 'apps', description: 'Applications, and who may do what with them.' },
      { name: 'service', description: 'The service itself.' },
    ],
    paths,
    components: {
      securitySchemes: {
        bearer: {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: 'JWT',
          description: 'An access token of a configured issuer, verified as RFC8725 demands.',
        },
      },
      schemas: { Error: errorReply },
    },
  };
}

function describe(operation: Operation): object {
  const { id, path = '', summary, description, access, body, isBodyOptional, reply } = operation;
  return {
    operationId: id,
    tags: [tagOf(path)],
    summary,
    description: `${description}${accessText(access)}`,
    security: access === 'public' ? [] : [{ bearer: [] }],
    parameters: parametersOf(operation),
    ...(body && { requestBody: { required: !isBodyOptional, content: content(body) } }),
    responses: {
      [reply.status]: {
        description: reply.description,
        headers: replyHeaders(operation),
        ...(reply.schema && { content: content(reply.schema, reply.mediaType) }),
      },
      ...errorResponses(errorsOf(operation)),
    },
  };
}

function parametersOf({ path = '', isPaged, isRepeatable }: Operation): object[] {
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
  return [
    ...names.map((name) => ({ name, in: 'path', required: true, schema: segment, ...pathParameters[name] })),
    ...(isPaged ? pageParameters : []),
    ...(isRepeatable ? [idempotencyKey] : []),
    ...ids.map((id) => ({ ...id, in: 'header', schema: idSchema })),
  ];
}

function tagOf(path: string): string {
  if (path.includes('/apiKeys')) return 'apiKeys';
  return path.startsWith('/apps') ? 'apps' : 'service';
}

function accessText(access: Operation['access']): string {
  if (access === 'public') return '';
  return ` Needs ${needed(access)}; the token must not have a project scope.`;
}

function needed(access: Operation['access']): string {
  if (access === 'createApp' || access === 'verify') return `the permission account:${access}`;
  return access === 'list' ? 'a token' : `${access}, or more, on the application`;
}

function replyHeaders({ isRepeatable }: Partial<Operation> = {}): object {
  const always = ids.map(({ name, description }) => [name, { description, schema: idSchema }]);
  const replayed = { description: 'The answer was given before.', schema: { type: 'string', enum: ['true'] } };
  return { ...Object.fromEntries(always), ...(isRepeatable && { 'Idempotency-Replayed': replayed }) };
}

function errorResponses(codes: ErrorCode[]): object {
  const byStatus = Map.groupBy(codes, (code) => errorTable[code].status);
  return Object.fromEntries([...byStatus].map(([status, ofStatus]) => [status, errorResponse(ofStatus)]));
}

function errorResponse(codes: ErrorCode[]): object {
  return {
    description: codes.map((code) => `${code}: ${errorTable[code].title}`).join(' '),
    headers: { ...replyHeaders(), ...refusalHeaders(errorTable[codes[0] ?? '500000'].status) },
    content: {
      'application/json': {
        schema: { $ref: '#/components/schemas/Error' },
        examples: Object.fromEntries(codes.map((code) => [code, { value: exampleOf(code) }])),
      },
    },
  };
}

function refusalHeaders(status: number): object {
  const schema = { type: 'string', maxLength: 100, pattern: '\\S' };
  if (status === 401 || status === 403) return { 'WWW-Authenticate': { description: 'As in RFC 6750.', schema } };
  return status === 429 || status === 503 ? { 'Retry-After': { description: 'Whole seconds.', schema } } : {};
}

function exampleOf(code: ErrorCode): object {
  const errorId = 'ERROR-3fc9f6a8-2b0c-4f0e-9a55-6e1f4d0c7b21';
  return { code, ...errorTable[code], correlationId: '5f0c9a52', errorId };
}

function content(schema: object, mediaType = 'application/json'): object {
  return { [mediaType]: { schema, example: exampleOfSchema(schema) } };
}

interface Exemplified {
  readonly oneOf?: readonly Exemplified[];
  readonly properties?: Record<string, Exemplified>;
  readonly items?: Exemplified;
  readonly examples?: readonly unknown[];
}

/** @returns an example made of the examples of the schema's parts */
function exampleOfSchema({ oneOf, examples, properties, items }: Exemplified): unknown {
  if (oneOf?.[0]) return exampleOfSchema(oneOf[0]);
  if (examples) return examples[0];
  if (items) return [exampleOfSchema(items)];
  const entries = Object.entries(properties ?? {}).map(([name, schema]) => [name, exampleOfSchema(schema)]);
  return Object.fromEntries(entries);
}
