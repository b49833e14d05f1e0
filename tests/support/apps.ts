import type { ApiKey } from '../../lib/domain/api-key.ts';
import type { KeyHandle } from '../../lib/domain/api-key-id.ts';
import { type App, newApp, type Tombstone } from '../../lib/domain/app.ts';
import type { SweepRules } from '../../lib/domain/due.ts';
import { ApiError } from '../../lib/domain/errors.ts';
import type { RepeatableRequest, RequestRecord } from '../../lib/domain/idempotency.ts';

/** When what the domain's tests look at happens, ms since the epoch. */
export const now = 1_800_000_000_000;

const made = { appId: 'lACE8kgYxsahjbXnvy8w', realm: 'myrealm', name: 'an app', owner: 'demo' };

/** @returns an application of `demo` in `myrealm`, a day old, whose `keyCount` fits its keys */
export function anApp(parts: Partial<App> = {}): App {
  const app = newApp({ ...made, now: now - 86_400_000, op: 'op-0', correlationId: 'correlation-0' });
  return { ...app, keyCount: Object.keys(parts.keys ?? {}).length, ...parts };
}

/** What the sweep looks for where nobody is told of anything. */
export const quietRules: SweepRules = { hasUses: true };

/** @returns a handle of the right form, the same for the same letter */
export function handle(letter: string): KeyHandle {
  return letter.repeat(43) as KeyHandle;
}

export function aKey(parts: Partial<ApiKey> = {}): ApiKey {
  return { name: 'a key', enabled: true, createdTime: now - 1_000, createdBy: 'demo', expiresAt: -1, ...parts };
}

/** What a reply shows of a key of which its caller says no more than the name. */
export const nothingMore = { description: '', scopes: [], allowedSources: [] };

/** @returns a key whose place is to be had */
export function expiredKey(parts: Partial<ApiKey> = {}): ApiKey {
  return aKey({ expiresAt: now - 5_000, ...parts });
}

export function aTombstone(parts: Partial<Tombstone> = {}): Tombstone {
  return { at: now - 1_000, op: 'op-0', why: 'deleted', ...parts };
}

/** A request with an Idempotency-Key, as it is known by `name`. */
export function aRequest(name = 'request', bodyHash = 'body'): RepeatableRequest {
  return { hash: name, secretHash: `secret of ${name}`, bodyHash };
}

export function aRecord(parts: Partial<RequestRecord> = {}): RequestRecord {
  return { at: now - 1_000, bodyHash: 'body', salt: 'salt', handle: handle('r'), prefix: 'ak', ...parts };
}

/** @returns a map of so many entries */
export function many<T>(count: number, entry: (index: number) => T): Record<string, T> {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [`entry${index}`, entry(index)]));
}

/** @returns the error of the contract that is thrown; anything else that happens fails the test */
export function refusalOf(act: () => unknown): ApiError {
  try {
    act();
  } catch (error) {
    if (error instanceof ApiError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}
