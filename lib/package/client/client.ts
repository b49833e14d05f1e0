import createFetchClient from 'openapi-fetch';
import type { CallId, Input, Output, Receipt } from './call-types.ts';
import { badToken, errorFrom, type Known, NoAnswer, unexpected, unreachable } from './failures.ts';
import { type Calls, effectiveByHeader, routes } from './generated/operations.ts';
import { fetchWithRetries, retryAfterSeconds } from './retrying-fetch.ts';
import { Secret } from './secret.ts';
import { within } from './time.ts';

export { AppkeysError, type ErrorDetail, type Failure } from './appkeys-error.ts';
export type { CallId, Input, Output, Receipt } from './call-types.ts';
export { everyItem } from './every-item.ts';
export { Secret } from './secret.ts';

export type App = Output<'createApp'>;
export type ApiKey = Output<'getApiKey'>;
/** An API key with its secret value, which is never shown again: `apiKeyId.reveal()` */
export type NewApiKey = Output<'generateApiKey'>;
export type Verification = Output<'verifyApiKey'>;

export interface ClientOptions {
  /** URL of the service with its stage, such as `https://….execute-api.eu-central-1.amazonaws.com/prod` */
  readonly url: string;
  /**
   * the access token, or a function that returns one and is called before each attempt; only public calls work without
   * it
   */
  readonly token?: string | (() => string | Promise<string>);
  /** whether to allow plain http to another machine, which exposes tokens and keys to the network; default false */
  readonly insecure?: boolean;
  /** time limit of a call in ms, including all attempts and pauses; default 60 000 */
  readonly timeoutMs?: number;
  /** time limit of one attempt in ms; default 20 000, which is more than any response of the service takes */
  readonly attemptTimeoutMs?: number;
  /** how many times a call is tried if the service is busy or unreachable; default 4 */
  readonly attempts?: number;
}

export interface CallOptions {
  /** aborts the call; its promise then rejects with the reason of the signal */
  readonly signal?: AbortSignal;
  /** only for a creation: 1 to 255 visible ASCII characters, the same for all attempts; default: a random key */
  readonly idempotencyKey?: string;
  /** identifies the call in the log of the service: 1 to 128 visible ASCII characters; default: a random ID */
  readonly correlationId?: string;
}

/** @throws AppkeysError when the service rejects the call or does not respond */
export type ClientCall<Id extends CallId> =
  Record<never, never> extends Input<Id>
    ? (input?: Input<Id>, options?: CallOptions) => Promise<Output<Id>>
    : (input: Input<Id>, options?: CallOptions) => Promise<Output<Id>>;

/** One method for each call of the service, named by its operationId. */
export type Client = { readonly [Id in keyof Calls]: ClientCall<Id> };

interface Route {
  readonly method: string;
  readonly path: string;
  readonly inPath: readonly string[];
  readonly inQuery: readonly string[];
  readonly hasBody: boolean;
  readonly isRepeatable: boolean;
  readonly isChange: boolean;
  /** whether only a header contains the time after which no verifier accepts the removed access */
  readonly isReceipt: boolean;
}

type Values = Readonly<Record<string, unknown>>;

/** How `openapi-fetch` sends any call. Its own types describe only one call at a time. */
type Send = (
  method: string,
  path: string,
  request: object,
) => Promise<{ readonly data?: string; readonly error?: unknown; readonly response: Response }>;

/** @throws TypeError when the URL is invalid, or uses plain http to another machine without `insecure` */
export function createClient(options: ClientOptions): Client {
  const url = requireUrl(options.url, options.insecure);
  const calls = Object.entries<Route>(routes).map(([id, route]) => [
    id,
    (input: Values = {}, callOptions: CallOptions = {}) => call(route, input, { ...options, ...callOptions, url }),
  ]);
  return Object.fromEntries(calls);
}

async function call(route: Route, input: Values, options: ClientOptions & CallOptions): Promise<unknown> {
  const { url, timeoutMs = 60_000 } = options;
  const known = identify(route, options);
  const send = sender(options, known.correlationId, performance.now() + timeoutMs);
  try {
    return await within(timeoutMs, options.signal, async (signal) => {
      const request = { ...partsOf(route, input), headers: headersOf(known), parseAs: 'text', signal };
      const { data, error, response } = await send(route.method, route.path, request);
      if (!response.ok) throw errorFrom(response, error, known, retryAfterSeconds(response));
      const answer = response.status === 204 ? undefined : parseAnswer(response, data, known);
      return route.isReceipt ? { ...answer, ...receiptIn(response) } : answer;
    });
  } catch (error) {
    throw error instanceof NoAnswer ? unreachable(url, error, known, route.isChange) : error;
  }
}

/** The IDs of a call, which are the same for all its attempts. */
function identify({ isRepeatable }: Route, { correlationId, idempotencyKey }: CallOptions): Known {
  return {
    correlationId: correlationId ?? randomId(),
    ...(isRepeatable && { idempotencyKey: idempotencyKey ?? randomId() }),
  };
}

function headersOf({ correlationId, idempotencyKey }: Known): Record<string, string> {
  return { 'X-Correlation-ID': correlationId, ...(idempotencyKey && { 'Idempotency-Key': idempotencyKey }) };
}

function sender({ url, attempts = 4, attemptTimeoutMs = 20_000, token }: ClientOptions, id: string, deadline: number) {
  const headers = async () => authorization(typeof token === 'function' ? await token() : token, id);
  const client = createFetchClient({
    baseUrl: url,
    redirect: 'error',
    fetch: (request) => fetchWithRetries(request, { attempts, attemptTimeoutMs, deadline, headers }),
  });
  return client.request as unknown as Send;
}

function authorization(token: string | undefined, correlationId: string): Record<string, string> {
  if (token === undefined) return {};
  if (!/^[\x21-\x7e]+$/.test(token)) throw badToken(correlationId);
  return { Authorization: `Bearer ${token}` };
}

/** Splits the input of a call into path parameters, query parameters, and the body. */
function partsOf({ inPath, inQuery, hasBody }: Route, input: Values): object {
  const [path, query] = [pick(input, inPath), pick(input, inQuery)];
  for (const [name, value] of Object.entries(path)) requireSegment(name, value);
  const inBody = Object.keys(input).filter((name) => !(name in path || name in query));
  return { params: { path, query }, ...(hasBody && { body: pick(input, inBody) }) };
}

/** A URL drops such a segment, so its path would be the path of another call. */
function requireSegment(name: string, value: unknown): void {
  if (['', '.', '..'].includes(String(value))) throw new TypeError(`"${name}" must not be empty, "." or "..".`);
}

function pick(input: Values, names: readonly string[]): Values {
  const revealed = (value: unknown) => (value instanceof Secret ? value.reveal() : value);
  return Object.fromEntries(names.filter((name) => name in input).map((name) => [name, revealed(input[name])]));
}

function receiptIn({ headers }: Response): Receipt {
  const text = headers.get(effectiveByHeader) ?? '';
  return /^\d{1,16}$/.test(text) ? { effectiveBy: Number(text) } : {};
}

function parseAnswer(response: Response, text: string | undefined, known: Known): object {
  try {
    return wrapSecret(JSON.parse(text ?? ''));
  } catch {
    throw unexpected(response, known);
  }
}

function wrapSecret(answer: { readonly apiKeyId?: string }): object {
  return answer.apiKeyId === undefined ? answer : { ...answer, apiKeyId: new Secret(answer.apiKeyId) };
}

const loopback = /^(localhost|127(\.\d+){3}|\[::1\])$/;

function requireUrl(text: string, isInsecure = false): string {
  const { protocol, hostname, username, password, search, hash, origin, pathname } = new URL(text);
  const isPlain = /^https?:$/.test(protocol) && !username && !password && !search && !hash;
  if (!isPlain) throw new TypeError('The URL must be http or https, without credentials, query, or fragment.');
  if (protocol === 'http:' && !isInsecure && !loopback.test(hostname))
    throw new TypeError(
      'The URL must be https, or name this machine. To send tokens over plain http, set insecure: true.',
    );
  return origin + pathname;
}

/** 128 random bits. `crypto.randomUUID` does not exist on a page that was loaded over plain http. */
function randomId(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
