import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import type { ApiError } from '../../lib/domain/errors.ts';
import { openTable } from '../../lib/store/dynamodb.ts';
import { systemClock, Verifier } from '../../lib/verification/verifier.ts';
import type { OperationId } from '../support/events.ts';
import { hrnOf, startService, type TestService } from '../support/service.ts';

const cacheSeconds = 1;
const stormMs = 5_000;
const clients = 50;

/** A key, and what was done to it: times in ms since the epoch, when a call was sent and when its answer was there. */
interface Victim {
  readonly apiKeyId: string;
  readonly kind: Kind;
  readonly path: { app: string; apiKey: string };
  /** from then on it is ended: the answer was there, or it expired */
  endedAt: number;
  /** from then on it may be ended: the call was sent */
  endingAt: number;
  /** if it was enabled again: when that was asked for, and when it was answered */
  enablingAt?: number;
  enabledAt?: number;
}

interface Seen {
  readonly victim: Victim;
  readonly arrivedAt: number;
  readonly answeredAt: number;
  readonly valid: boolean;
}

const ends = {
  untouched: async () => {},
  disabled: (service, { path }) => call(service, 'disableApiKey', path),
  deleted: (service, { path }) => call(service, 'deleteApiKey', path),
  rotated: (service, { path }) => call(service, 'rotateApiKey', path, {}),
  'rotated with overlap': (service, { path }) => call(service, 'rotateApiKey', path, { overlapSeconds: 1 }),
  'of a deactivated application': (service, { path }) => call(service, 'updateApp', path, { status: 'deactivated' }),
  expiring: (service, { path }, expiresAt) => call(service, 'updateApiKey', path, { expiresAt }),
} satisfies Record<string, (service: TestService, victim: Victim, expiresAt: number) => Promise<void>>;
type Kind = keyof typeof ends;
const kinds = Object.keys(ends) as Kind[];

async function call(service: TestService, id: OperationId, path: Record<string, string>, body?: object): Promise<void> {
  const { statusCode } = await service.call(id, { path, ...(body && { body }) });
  expect(statusCode).toBeLessThan(300);
}

async function makeVictim(service: TestService, kind: Kind): Promise<Victim> {
  const app = await service.seed();
  const { body } = await service.generate(app, { name: kind });
  const path = { app: hrnOf(app), apiKey: encodeURIComponent(body.apiKey) };
  const never = Number.POSITIVE_INFINITY;
  return { apiKeyId: body.apiKeyId, kind, path, endedAt: never, endingAt: never };
}

async function endSoon(service: TestService, victim: Victim): Promise<void> {
  if (victim.kind === 'untouched') return;
  await sleep(500 + Math.random() * 2_000);
  victim.endingAt = Date.now();
  await ends[victim.kind](service, victim, Date.now() + 3_000);
  victim.endedAt = Date.now();
  if (victim.kind === 'rotated with overlap' || victim.kind === 'expiring') {
    const { body } = await service.call('getApiKey', { path: victim.path });
    victim.endingAt = body.expiresAt;
    // Until the cache's time has passed since the change, the key may be remembered as one that never expires.
    victim.endedAt = Math.max(body.expiresAt, victim.endedAt + cacheSeconds * 1_000);
    await sleep(Math.max(0, victim.endedAt - Date.now()));
  }
  if (victim.kind === 'disabled') await enableLater(service, victim);
}

async function enableLater(service: TestService, victim: Victim): Promise<void> {
  await sleep(1_300);
  victim.enablingAt = Date.now();
  await call(service, 'enableApiKey', victim.path);
  victim.enabledAt = Date.now();
}

async function runClient(
  verifier: Verifier,
  victims: readonly Victim[],
  isOver: () => boolean,
  seen: Seen[],
): Promise<void> {
  while (!isOver()) {
    const victim = victims[Math.floor(Math.random() * victims.length)] ?? expect.fail();
    const arrivedAt = Date.now();
    const check = await verifier.check(victim.apiKeyId).catch(unavailable);
    if (check) seen.push({ victim, arrivedAt, answeredAt: Date.now(), valid: check.verification.valid });
    await sleep(Math.random() * 20);
  }
}

/** On a busy machine the database may answer too late: nobody is let in then, and no key is called invalid. */
function unavailable(error: ApiError): undefined {
  expect(error.code).toBe('503000');
}

/** A request that came when the key had been ended for longer than the bound, and was not enabled again before the answer. */
function isTooLate({ victim, arrivedAt, answeredAt }: Seen): boolean {
  const { endedAt, kind, enablingAt = Number.POSITIVE_INFINITY } = victim;
  const isOnTime = kind === 'expiring' || kind === 'rotated with overlap';
  const bound = isOnTime ? 0 : cacheSeconds * 1_000;
  return arrivedAt >= endedAt + bound && answeredAt < enablingAt;
}

/** Before anything was done to the key; or so long after it was enabled again that no refusal is remembered. */
function isGoodThroughout({ victim, arrivedAt, answeredAt }: Seen): boolean {
  return answeredAt < victim.endingAt || (victim.enabledAt !== undefined && arrivedAt > victim.enabledAt + 1_000);
}

it('revocation storm: no key is accepted later than the bound, and no key is rejected that was valid throughout', async () => {
  const service = await startService();
  const victims = await Promise.all(
    Array.from({ length: 42 }, (_, index) => makeVictim(service, kinds[index % 7] ?? 'deleted')),
  );
  const settings = { partition: 'here', prefixes: ['ak'], cacheSeconds, lastUsedSeconds: 1 };
  const verifiers = Array.from({ length: 4 }, () => new Verifier(openTable(service.tableName), settings, systemClock));
  const seen: Seen[] = [];
  let until = Number.POSITIVE_INFINITY;
  const begunAt = Date.now();
  const ended = Promise.all(victims.map((victim) => endSoon(service, victim)));
  await Promise.all([
    // On a slow machine the storm goes on until keys that were enabled again have been asked for.
    ended.finally(() => {
      until = Math.max(begunAt + stormMs, Date.now() + 1_500);
    }),
    ...Array.from({ length: clients }, (_, index) =>
      runClient(verifiers[index % verifiers.length] ?? expect.fail(), victims, () => Date.now() >= until, seen),
    ),
  ]);

  expect(seen.filter((each) => each.valid && isTooLate(each))).toEqual([]);
  expect(seen.filter((each) => !each.valid && isGoodThroughout(each))).toEqual([]);
  for (const kind of kinds) {
    const ofKind = seen.filter(({ victim }) => victim.kind === kind);
    expect(ofKind.filter(({ valid }) => valid).length, kind).toBeGreaterThan(0);
    if (kind !== 'untouched')
      expect(ofKind.filter((each) => isTooLate(each) || !each.valid).length, kind).toBeGreaterThan(0);
  }
  const again = seen.filter(
    (each) => each.victim.enabledAt !== undefined && isGoodThroughout(each) && each.arrivedAt > each.victim.endedAt,
  );
  expect(again.length).toBeGreaterThan(0);
});
