import { setTimeout as sleep } from 'node:timers/promises';
import { formatAppUrl, type Ports } from './addresses.ts';
import { type SigningKey, signToken } from './issuer.ts';
import { seeds } from './seed.ts';
import type { Service } from './serverless-offline.ts';

const timeoutMs = 90_000;
const pauseMs = 200;
const refusalsUntilFailure = 5;

/**
 * Waits until a valid request goes the whole way: gateway, function, token issuer, database.
 *
 * @throws Error with the service's last output when that does not come about
 */
export async function waitUntilReady(service: Service, key: SigningKey, ports: Ports): Promise<void> {
  const waiting = new AbortController();
  const ended = service.ended.then(() => 'The service ended before it was ready');
  const answered = pollUntilReady(await readinessCheck(key, ports), waiting.signal);
  const failure = await Promise.race([ended, answered]);
  waiting.abort();
  if (failure !== undefined) throw new Error(withOutput(failure, service.lastOutput()));
}

/** Asks for a seeded application. */
async function readinessCheck(key: SigningKey, ports: Ports): Promise<() => Promise<Response>> {
  const permissions = ['account:read:*'];
  const token = await signToken(key, { principal: 'start', realm: 'myrealm', permissions, expiresInSeconds: 600 });
  const options = { headers: { authorization: `Bearer ${token}` } };
  return () => fetch(formatAppUrl(ports, seeds[0]), { ...options, signal: AbortSignal.timeout(timeoutMs) });
}

/** Answers with what went wrong, or with undefined. */
async function pollUntilReady(check: () => Promise<Response>, signal: AbortSignal): Promise<string | undefined> {
  const deadline = performance.now() + timeoutMs;
  let refusals = 0;
  while (!signal.aborted && refusals < refusalsUntilFailure) {
    const answer = await check().catch(() => undefined);
    if (answer?.ok) return undefined;
    if (answer !== undefined) refusals += 1;
    if (performance.now() > deadline) return `The service was not ready after ${timeoutMs / 1000} seconds`;
    await sleep(pauseMs);
  }
  return 'The service refuses a valid request';
}

function withOutput(failure: string, lines: string[]): string {
  return lines.length === 0 ? `${failure}.` : `${failure}. It said: ${lines.join(' | ')}`;
}
