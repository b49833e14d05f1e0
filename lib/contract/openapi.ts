import type { ErrorCode } from '../domain/errors.ts';
import { effectiveByHeader } from './effective-by.ts';
import { errorExamples, errorResponseRefs, errorResponses } from './error-responses.ts';
import { introduction } from './introduction.ts';
import { type Operation, operations } from './operations.ts';
import { headerRef, headers, idHeaders, parameterRefs, parameters } from './parameters.ts';
import { publishedSchemas, publishSchema } from './published-schemas.ts';

/** @returns every error that a call of the operation can return */
export function errorsOf(operation: Operation): ErrorCode[] {
  const { access, path = '', body, errors } = operation;
  const codes: ErrorCode[] = ['500000', '503000', '429003', ...errors];
  if (body) codes.push('400201');
  if (access !== 'public') codes.push('400200');
  if (access === 'invoke') return [...new Set(codes)].sort();
  if (body) codes.push('400002', '400003', '400004', '413000');
  if (needsToken(access)) codes.push('401200', '401300', '403403', '429003');
  if (path.includes('{app}')) codes.push('400288', '404660');
  if (path.includes('{apiKey}')) codes.push('404666');
  return [...new Set(codes)].sort();
}

/** @returns the OpenAPI 3.1 document of all operations that have a route */
export function openapiDocument(): object {
  const routed = Object.values<Operation>(operations).filter(({ path, method }) => path && method);
  const errors = routed.map(errorsOf);
  return {
    openapi: '3.1.0',
    info: {
      title: 'appkeys',
      version: '0.1.0',
      description: introduction,
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: serversAt('/'),
    tags: [
      { name: 'apiKeys', description: 'The API keys of an application.' },
      { name: 'apps', description: 'Applications and the rights on them.' },
      { name: 'service', description: 'The service itself.' },
    ],
    paths: pathsOf(routed),
    components: {
      securitySchemes: {
        bearer: {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: 'JWT',
          description: 'An access token of a configured issuer, verified as RFC8725 demands.',
        },
      },
      schemas: publishedSchemas(),
      parameters,
      headers,
      responses: errorResponses(errors),
      examples: errorExamples([...new Set(errors.flat())].sort()),
    },
  };
}

/** @returns the `servers` of the document */
export function serversAt(url: string): object[] {
  const description = 'The deployment that returned this document: local, staging or production.';
  return [{ url, description, 'x-internal': false }];
}

function pathsOf(routed: readonly Operation[]): object {
  const byPath = Map.groupBy(routed, ({ path }) => path);
  return Object.fromEntries(
    [...byPath].map(([path, ofPath]) => [
      path,
      Object.fromEntries(ofPath.map((operation) => [operation.method, describe(operation)])),
    ]),
  );
}

function describe(operation: Operation): object {
  const {
    id,
    path = '',
    summary,
    description,
    access,
    body,
    isBodyOptional,
    isRepeatable,
    isRevocation,
    reply,
  } = operation;
  return {
    operationId: id,
    tags: [tagOf(path)],
    summary,
    description: `${description}${accessText(access)}`,
    security: needsToken(access) ? [{ bearer: [] }] : [],
    parameters: parameterRefs(path, operation),
    ...(body && { requestBody: { required: !isBodyOptional, content: content(body) } }),
    responses: {
      [reply.status]: {
        description: reply.description,
        headers: {
          ...idHeaders,
          ...(isRepeatable && { 'Idempotency-Replayed': headerRef('IdempotencyReplayed') }),
          ...(isRevocation && { [effectiveByHeader]: headerRef('EffectiveBy') }),
        },
        ...(reply.schema && { content: content(reply.schema, reply) }),
      },
      ...errorResponseRefs(errorsOf(operation)),
    },
  };
}

function tagOf(path: string): string {
  if (path.includes('/apiKeys')) return 'apiKeys';
  return path.startsWith('/apps') ? 'apps' : 'service';
}

function needsToken(access: Operation['access']): boolean {
  return access !== 'public' && access !== 'key';
}

function accessText(access: Operation['access']): string {
  if (!needsToken(access)) return '';
  return ` Needs ${needed(access)}; the token must not have a project scope.`;
}

function needed(access: Operation['access']): string {
  if (access === 'createApp' || access === 'verify') return `the permission account:${access}`;
  return access === 'list' ? 'a token' : `${access}, or more, on the application`;
}

function content(schema: Exemplified, { mediaType, example }: Partial<Operation['reply']> = {}): object {
  const composed = exampleOf(schema);
  const body = { schema: publishSchema(schema), example: example ? { ...Object(composed), ...example } : composed };
  return { [mediaType ?? 'application/json']: body };
}

interface Exemplified {
  readonly oneOf?: readonly Exemplified[];
  readonly properties?: Record<string, Exemplified>;
  readonly items?: Exemplified;
  readonly examples?: readonly unknown[];
}

/** @returns an example composed of the examples of the schema's parts; a part without an example is left out */
function exampleOf({ oneOf, examples, properties, items }: Exemplified): unknown {
  if (oneOf?.[0]) return exampleOf(oneOf[0]);
  if (examples) return examples[0];
  if (items) return [exampleOf(items)];
  const entries = Object.entries(properties ?? {}).filter(([, part]) => part.examples ?? part.items ?? part.properties);
  return Object.fromEntries(entries.map(([name, part]) => [name, exampleOf(part)]));
}
