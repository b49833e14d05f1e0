import { NoAnswer, reasonOf } from './failures.ts';
import { sleep, within } from './time.ts';

/** The number of attempts and the time limits of a request. */
export interface RetryPolicy {
  readonly attempts: number;
  /** time limit of one attempt in ms, including the body of its response */
  readonly attemptTimeoutMs: number;
  /** when to give up, in ms of `performance.now()` */
  readonly deadline: number;
  /** headers that are computed for each attempt */
  readonly headers: () => Promise<Record<string, string>>;
}

type Outcome = Response | NoAnswer;

const firstPauseMs = 200;
const longestPauseMs = 5_000;
/** 429, and the statuses of a service or gateway whose backend did not respond. */
const passing = [429, 502, 503, 504];

/**
 * Repeats a request until its response is final. All calls of the service are safe to repeat. A creation has an
 * Idempotency-Key, and every other call sets a state.
 * @returns the last response, with its complete body
 * @throws NoAnswer when the last attempt got no response; the reason of the request's signal when the signal aborts it
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

/** Reads the body within the attempt, because an incomplete response counts as no response and is repeated. */
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

/** Whether a deletion finds nothing. This happens if an earlier attempt succeeded but its response was lost. */
async function isGone(request: Request, outcome: Outcome): Promise<boolean> {
  if (request.method !== 'DELETE' || !(outcome instanceof Response) || outcome.status !== 404) return false;
  const body: unknown = await outcome
    .clone()
    .json()
    .catch(() => undefined);
  return ['404660', '404666'].includes((body as { code?: string } | undefined)?.code ?? '');
}

/** Exponential backoff with full jitter, added to the Retry-After of the service. */
function pauseAfter(outcome: Outcome, attempt: number): number {
  const backoffMs = Math.random() * Math.min(longestPauseMs, firstPauseMs * 2 ** attempt);
  return backoffMs + 1000 * (outcome instanceof Response ? (retryAfterSeconds(outcome) ?? 0) : 0);
}

/**
 * @returns the Retry-After header in whole seconds; undefined if it is missing or invalid
 * @see https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
 */
export function retryAfterSeconds({ headers }: Response): number | undefined {
  const text = headers.get('Retry-After') ?? '';
  if (/^\d{1,6}$/.test(text)) return Number(text);
  const time = / GMT$/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(time) ? undefined : Math.max(0, Math.ceil((time - Date.now()) / 1000));
}
