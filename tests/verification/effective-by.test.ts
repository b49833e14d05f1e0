import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import type { ApiError } from '../../lib/domain/errors.ts';
import { openTable } from '../../lib/store/dynamodb.ts';
import { systemClock, Verifier } from '../../lib/verification/verifier.ts';
import type { OperationId } from '../support/events.ts';
import { hrnOf, startService, type TestService } from '../support/service.ts';

const [cacheSeconds, ttlSeconds] = [1, 1];
const maxStaleSeconds = cacheSeconds + ttlSeconds;
const clocksMs = 5_000;
const answerMs = 10_000;
const clients = 40;
const source = '10.0.0.1';
const demands = { scopes: ['a'] };

/** Of whoever has the clock that is ahead. The service has the other one. */
const late = () => Date.now() + clocksMs;

interface Victim {
  readonly apiKeyId: string;
  readonly kind: Kind;
  readonly path: { app: string; apiKey: string };
  /** what the revocation has answered with */
  effectiveBy?: number;
}

type Revoke = (service: TestService, victim: Victim) => Promise<number>;

const soon = () => Date.now() + 2_000;
const kinds = {
  disabled: (service, { path }) => call(service, 'disableApiKey', path),
  deleted: (service, { path }) => call(service, 'deleteApiKey', path),
  'deleted with all keys': (service, { path }) => call(service, 'deleteApiKeys', path),
  'of a deleted application': (service, { path }) => call(service, 'deleteApp', path),
  'of a deactivated application': (service, { path }) => call(service, 'updateApp', path, { status: 'deactivated' }),
  rotated: (service, { path }) => call(service, 'rotateApiKey', path, {}),
  'rotated with an overlap': (service, { path }) => call(service, 'rotateApiKey', path, { overlapSeconds: 2 }),
  expiring: (service, { path }) => call(service, 'updateApiKey', path, { expiresAt: soon() }),
  'without the scope': (service, { path }) => call(service, 'updateApiKey', path, { scopes: [] }),
  'without the address': (service, { path }) => call(service, 'updateApiKey', path, { allowedSources: ['::1'] }),
  'under a lower ceiling': (service, { path }) => call(service, 'updateApp', path, { scopes: [] }),
  'of other pages': (service, { path }) => call(service, 'updateApp', path, { referrers: ['a.test'] }),
  reported: async (service, { apiKeyId, path }) => {
    await call(service, 'revokeApiKey', {}, { apiKeyId });
    return call(service, 'disableApiKey', path);
  },
} satisfies Record<string, Revoke>;
type Kind = keyof typeof kinds;

let calls = 0;

async function call(service: TestService, id: OperationId, path: Record<string, string>, body?: object) {
  calls += 1;
  const reply = await service.call(id, { path, source: `10.2.0.${calls % 256}`, ...(body && { body }) });
  expect(reply.statusCode).toBeLessThan(300);
  return Number(reply.headers['Appkeys-Effective-By']);
}

async function makeVictim(service: TestService, kind: Kind): Promise<Victim> {
  const app = await service.seed();
  const { body } = await service.generate(app, { name: kind, scopes: ['a'] });
  return { apiKeyId: body.apiKeyId, kind, path: { app: hrnOf(app), apiKey: encodeURIComponent(body.apiKey) } };
}

/** A gateway that asks a verifier, and caches that a key was accepted from when the answer comes. */
class Gateway {
  readonly #verifier: Verifier;
  readonly #acceptedUntil = new Map<string, number>();

  constructor(tableName: string, now: () => number) {
    const settings = { partition: 'here', prefixes: ['ak'], cacheSeconds, lastUsedSeconds: undefined };
    this.#verifier = new Verifier(openTable(tableName), settings, { ...systemClock, now });
  }

  async accepts(apiKeyId: string): Promise<boolean> {
    if ((this.#acceptedUntil.get(apiKeyId) ?? 0) > Date.now()) return true;
    const check = await this.#verifier.check(apiKeyId, { demands, origin: { source } }).catch(unavailable);
    if (check?.verification.valid) this.#acceptedUntil.set(apiKeyId, Date.now() + ttlSeconds * 1_000);
    return check?.verification.valid ?? false;
  }
}

/** On a busy machine the database may answer too late: nobody is let in then. */
function unavailable(error: ApiError): undefined {
  expect(error.code).toBe('503000');
}

interface Accepted {
  readonly victim: Victim;
  /** by the late clock */
  readonly at: number;
}

async function runClient(gateway: Gateway, victims: readonly Victim[], isOver: () => boolean, accepted: Accepted[]) {
  while (!isOver()) {
    const victim = victims[Math.floor(Math.random() * victims.length)] ?? expect.fail();
    if (await gateway.accepts(victim.apiKeyId)) accepted.push({ victim, at: late() });
    await sleep(Math.random() * 20);
  }
}

async function revokeSoon(service: TestService, victim: Victim): Promise<void> {
  await sleep(500 + Math.random() * 1_500);
  victim.effectiveBy = await kinds[victim.kind](service, victim);
}

it('no key is accepted after the time that its revocation has answered with; a bound that leaves out clocks or caches does not hold', async () => {
  const service = await startService({ verify: { cacheSeconds, maxStaleSeconds } });
  const names = Object.keys(kinds) as Kind[];
  const victims = await Promise.all([...names, ...names].map((kind) => makeVictim(service, kind)));
  const early = () => Date.now();
  const gateways = [early, late, early, late].map((now) => new Gateway(service.tableName, now));
  const accepted: Accepted[] = [];
  let until = Number.POSITIVE_INFINITY;
  await Promise.all([
    Promise.all(victims.map((victim) => revokeSoon(service, victim))).finally(() => {
      until = Math.max(...victims.map(({ effectiveBy = 0 }) => effectiveBy)) + 500;
    }),
    ...Array.from({ length: clients }, (_, index) =>
      runClient(gateways[index % gateways.length] ?? expect.fail(), victims, () => late() >= until, accepted),
    ),
  ]);
  const exceedingBy = (lessMs: number) =>
    accepted.filter(({ victim: { effectiveBy = 0 }, at }) => at >= effectiveBy - lessMs);
  const kindsOf = (some: readonly Accepted[]) => new Set(some.map(({ victim }) => victim.kind));

  expect(exceedingBy(0)).toEqual([]);
  expect(kindsOf(accepted).size).toBe(names.length);
  const withoutClocks = exceedingBy(answerMs + clocksMs);
  expect(kindsOf(withoutClocks)).toContain('expiring');
  const withoutCaches = exceedingBy(answerMs + maxStaleSeconds * 1_000);
  for (const kind of ['disabled', 'deleted', 'reported'] as const) expect(kindsOf(withoutCaches)).toContain(kind);
});
