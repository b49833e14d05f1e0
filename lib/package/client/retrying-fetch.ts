import { NoAnswer, reasonOf } from './failures.ts';
import { sleep, within } from './time.ts';

/** How often a request is tried, and how long each time. */
export interface RetryPolicy {
  readonly attempts: number;
  /** ms that one attempt may take, its answer's body included */
  readonly attemptTimeoutMs: number;
  /** when to give up, in ms of `performance.now()` */
  readonly deadline: number;
  /** headers that each attempt has anew */
  readonly headers: () => Promise<Record<string, string>>;
}

type Outcome = Response | NoAnswer;

const firstPauseMs = 200;
const longestPauseMs = 5_000;
/** Too many requests; and what the service or a gateway says when something behind it did not answer. */
const passing = [429, 502, 503, 504];

/**
 * Sends a request until an answer comes that is final. It must be safe to repeat, as all of this service's calls are:
 * a creation by its Idempotency-Key, everything else because it says how things shall be.
 * @returns the last answer, read to its end
 * @throws NoAnswer when the last attempt got none; the reason of the request's signal, when that ends it
 */
export async function fetchWithRetries(request: Request, policy: RetryPolicy): Promise<Response> {
  let isUnsure = false;
  for (let attempt = 1; ; attempt += 1) {
    const outcome = await tryOnce(request, policy);
    if (isUnsure && (await isGone(request, outcome))) return new Response(null, { status: 204 });
    const pauseMs = pauseAfter(outcome, attempt);
    const isLast = attempt >= policy.attempts || performance.now() + pauseMs >= policy.deadline;
    if (isLast || !isPassing(outcome)) return answerOf(outcome);
    isUnsure ||= !(outcome instanceof Response) || outcome.status >= 500;
    await sleep(pauseMs, request.signal);
  }
}

async function tryOnce(request: Request, { attemptTimeoutMs, headers }: RetryPolicy): Promise<Outcome> {
  const own = new Headers(request.headers);
  for (const [name, value] of Object.entries(await headers())) own.set(name, value);
  try {
    return await within(attemptTimeoutMs, request.signal, async (signal) =>
      readWhole(await fetch(request.clone(), { headers: own, signal })),
    );
  } catch (error) {
    request.signal.throwIfAborted();
    return new NoAnswer(reasonOf(error));
  }
}

/** An answer that breaks off is none: it is read while the attempt can still be repeated. */
async function readWhole(response: Response): Promise<Response> {
  const body = await response.arrayBuffer();
  return new Response(body.byteLength > 0 ? body : null, response);
}

function isPassing(outcome: Outcome): boolean {
  return !(outcome instanceof Response) || passing.includes(outcome.status);
}

function answerOf(outcome: Outcome): Response {
  if (outcome instanceof Response) return outcome;
  throw outcome;
}

/** Whether a deletion finds nothing, as it does after an attempt that did its work and whose answer got lost. */
async function isGone(request: Request, outcome: Outcome): Promise<boolean> {
  if (request.method !== 'DELETE' || !(outcome instanceof Response) || outcome.status !== 404) return false;
  const body: unknown = await outcome
    .clone()
    .json()
    .catch(() => undefined);
  return ['404660', '404666'].includes((body as { code?: string } | undefined)?.code ?? '');
}

/** Exponential with full jitter, and never sooner than the service asks. */
function pauseAfter(outcome: Outcome, attempt: number): number {
  const backoffMs = Math.random() * Math.min(longestPauseMs, firstPauseMs * 2 ** attempt);
  return backoffMs + 1000 * (outcome instanceof Response ? (retryAfterSeconds(outcome) ?? 0) : 0);
}

/** @returns the answer's Retry-After in whole seconds, if it is there as such or as a date: https://www.rfc-editor.org/rfc/rfc9110#field.retry-after */
export function retryAfterSeconds({ headers }: Response): number | undefined {
  const text = headers.get('Retry-After') ?? '';
  if (/^\d{1,6}$/.test(text)) return Number(text);
  const time = / GMT$/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(time) ? undefined : Math.max(0, Math.ceil((time - Date.now()) / 1000));
}
