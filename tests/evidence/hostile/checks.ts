import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { errorsOf } from '../../../lib/contract/openapi.ts';
import type { Operation } from '../../../lib/contract/operations.ts';
import { errorReply } from '../../../lib/contract/schemas.ts';
import type { GatewayReply } from '../../../lib/service/http/exchange.ts';

/** Something that must never be. */
class Violation extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'Violation';
  }
}

/** @throws Violation unless it is so */
export function requireThat(isSo: boolean, words: string): asserts isSo {
  if (!isSo) throw new Violation(words);
}

const ajv = new Ajv2020({ allErrors: true, formats: { int32: true, int64: true } });
const validators = new Map<object, ValidateFunction>();

function requireFits(schema: object, value: unknown): void {
  const validate = validators.get(schema) ?? ajv.compile(schema);
  validators.set(schema, validate);
  requireThat(validate(value), `the answer does not fit its schema: ${JSON.stringify(validate.errors)}`);
}

function requireJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Violation(`no JSON: ${text}`);
  }
}

/** What only a stack, a library, an engine or a file says. */
const inside =
  /node_modules|\bat .+:\d+|\.[jt]s\b|(Type|Range|Syntax|Reference)Error|Unexpected|Exception|[Dd]ynamo|JWS|JWE|JWT|JOSE|JWK|ajv|middy|ERR_|ECONN|undefined|\[object/;

/** Holds a gateway's reply against the contract. @returns its body, parsed */
export function requireReply(operation: Operation, reply: GatewayReply, secrets: readonly string[]): unknown {
  const { statusCode, headers, body: text } = reply;
  requireThat(statusCode < 500, `${statusCode}: ${text}`);
  for (const [name, value] of Object.entries(headers)) {
    requireThat(/^[A-Za-z-]+$/.test(name) && /^[\x20-\x7e]+$/.test(value), `header ${name}: ${JSON.stringify(value)}`);
  }
  requireNoSecret(JSON.stringify(headers) + text, secrets, 'an answer');
  for (const name of ['X-Correlation-ID', 'X-Request-ID', 'X-Content-Type-Options', 'Cache-Control']) {
    requireThat(Object.hasOwn(headers, name), `no header ${name}`);
  }
  if (statusCode >= 400) {
    const body = requireJson(text) as Record<string, unknown>;
    requireThat(body.status === statusCode, 'the body tells another status');
    requireThat(body.correlationId === headers['X-Correlation-ID'], 'the body tells another correlation id');
    requireRefusal(operation, body);
    return body;
  }
  requireThat(statusCode === operation.reply.status, `${statusCode} instead of ${operation.reply.status}`);
  if (operation.reply.schema) requireFits(operation.reply.schema, requireJson(text));
  else requireThat(text === '', `a body where there is none: ${text}`);
  return text && JSON.parse(text);
}

/** Holds a refusal against the contract: one of the operation's own, that tells nothing of the inside. */
function requireRefusal(operation: Operation, body: Record<string, unknown>): void {
  requireFits(errorReply, body);
  requireThat(Number(body.status) < 500, `${body.status}: ${JSON.stringify(body)}`);
  requireThat((errorsOf(operation) as unknown[]).includes(body.code), `${body.code} is no error of the operation`);
  const { correlationId: _, ...rest } = body;
  const text = JSON.stringify(rest);
  requireThat(!inside.test(text), `the answer tells of the inside: ${text}`);
}

/** Holds the result of a direct invocation against the contract. @returns what it tells under its one name */
export function requireResult(
  operation: Operation,
  result: { readonly ok: boolean; readonly error?: object },
  secrets: readonly string[],
): unknown {
  const { ok, ...named } = result;
  const [told, ...more] = Object.values(named);
  requireThat(more.length === 0, 'the result has more than one part');
  if (ok) requireFits(operation.reply.schema ?? {}, told);
  else requireRefusal(operation, told as Record<string, unknown>);
  requireNoSecret(JSON.stringify(told), secrets, 'an answer');
  return told;
}

/** Every record is one line of JSON, and holds no secret. @returns the records */
export function requireLog(chunks: readonly string[], secrets: readonly string[]): Record<string, unknown>[] {
  return chunks.map((chunk) => {
    requireThat(/^[^\p{Cc}\p{Zl}\p{Zp}]+\n$/u.test(chunk), `a log record is not one line: ${JSON.stringify(chunk)}`);
    requireNoSecret(chunk, secrets, 'the log');
    return requireJson(chunk) as Record<string, unknown>;
  });
}

export function requireNoSecret(text: string, secrets: readonly string[], where: string): void {
  requireThat(!secrets.some((secret) => text.includes(secret)), `a secret in ${where}: ${text}`);
}

const prototypes = [Object.prototype, Array.prototype, Function.prototype, String.prototype, Promise.prototype];
const partsNow = () => prototypes.map((prototype) => Object.entries(Object.getOwnPropertyDescriptors(prototype)));
const partsBefore = partsNow();

/** Nothing has been put on, taken off or put in the place of what every object has. */
export function requirePrototypes(): void {
  for (const [at, parts] of partsNow().entries()) {
    const before = partsBefore[at] ?? [];
    requireThat(
      parts.length === before.length && parts.every((part, nth) => isSame(part, before[nth])),
      'a prototype has changed',
    );
  }
}

type Part = readonly [name: string, part: PropertyDescriptor];

function isSame([name, { value, get, set }]: Part, [was, part]: Part = ['', {}]): boolean {
  return name === was && value === part.value && get === part.get && set === part.set;
}
