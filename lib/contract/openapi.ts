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
const idSchema = { type: 'string', pattern: '^[\\x21-\\x7e]{1,128}$', examples: ['5f0c9a52'] };

const appParameter = {
  name: 'app',
  in: 'path',
  required: true,
  description: 'HRN of the application, URL-encoded.',
  schema: { type: 'string' },
  example: 'hrn:here:account::myrealm:app/lACE8kgYxsahjbXnvy8w',
};

/** @returns every error that a call of the operation can meet */
export function errorsOf(operation: Operation): ErrorCode[] {
  const { access, path = '', body, errors } = operation;
  const codes: ErrorCode[] = ['500000', '503000', ...errors];
  if (body) codes.push('400200', '400201');
  if (access === 'invoke') return codes.sort();
  if (body) codes.push('400002', '400003', '400004', '413000');
  if (access !== 'public') codes.push('401200', '401300', '403403', '429003');
  if (path.includes('{app}')) codes.push('400288', '404660');
  return codes.sort();
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
    servers: [{ url: './', description: 'where this document came from' }],
    tags: [{ name: 'apiKeys' }, { name: 'apps' }, { name: 'service' }],
    paths,
    components: {
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
      schemas: { Error: errorReply },
    },
  };
}

function describe(operation: Operation): object {
  const { id, path = '', summary, description, access, body, reply } = operation;
  return {
    operationId: id,
    tags: [tagOf(path)],
    summary,
    description: `${description}${accessText(access)}`,
    security: access === 'public' ? [] : [{ bearer: [] }],
    parameters: [
      ...(path.includes('{app}') ? [appParameter] : []),
      ...ids.map((id) => ({ ...id, in: 'header', schema: idSchema })),
    ],
    ...(body && { requestBody: { required: true, content: json(body) } }),
    responses: {
      [reply.status]: { description: reply.description, headers: replyHeaders(), content: json(reply.schema) },
      ...errorResponses(errorsOf(operation)),
    },
  };
}

function tagOf(path: string): string {
  if (path.endsWith('/apiKeys')) return 'apiKeys';
  return path.startsWith('/apps') ? 'apps' : 'service';
}

function accessText(access: Operation['access']): string {
  if (access === 'public') return '';
  const right = access === 'createApp' ? 'the permission account:createApp' : `${access}, or more, on the application`;
  return ` Needs ${right}; the token must not have a project scope.`;
}

function replyHeaders(): object {
  return Object.fromEntries(ids.map(({ name, description }) => [name, { description, schema: idSchema }]));
}

function errorResponses(codes: ErrorCode[]): object {
  const byStatus = Map.groupBy(codes, (code) => errorTable[code].status);
  return Object.fromEntries([...byStatus].map(([status, ofStatus]) => [status, errorResponse(ofStatus)]));
}

function errorResponse(codes: ErrorCode[]): object {
  return {
    description: codes.map((code) => `${code}: ${errorTable[code].title}`).join(' '),
    headers: replyHeaders(),
    content: {
      'application/json': {
        schema: { $ref: '#/components/schemas/Error' },
        examples: Object.fromEntries(codes.map((code) => [code, { value: exampleOf(code) }])),
      },
    },
  };
}

function exampleOf(code: ErrorCode): object {
  const errorId = 'ERROR-3fc9f6a8-2b0c-4f0e-9a55-6e1f4d0c7b21';
  return { code, ...errorTable[code], correlationId: '5f0c9a52', errorId };
}

function json(schema: object): object {
  return { 'application/json': { schema, example: exampleOfSchema(schema) } };
}

/** @returns an object of its properties' first examples */
function exampleOfSchema(schema: { properties?: Record<string, { examples?: readonly unknown[] }> }): object {
  const properties = Object.entries(schema.properties ?? {});
  return Object.fromEntries(properties.map(([name, { examples }]) => [name, examples?.[0]]));
}
