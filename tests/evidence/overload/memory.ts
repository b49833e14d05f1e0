import { randomBytes } from 'node:crypto';
import { parseArgs } from 'node:util';
import { type ApiKeyId, formatApiKeyId, handleOf } from '../../../lib/domain/api-key-id.ts';
import { newApp } from '../../../lib/domain/app.ts';
import type { Table } from '../../../lib/store/table.ts';
import { systemClock, Verifier } from '../../../lib/verification/verifier.ts';
import { randomNumbers } from '../properties/support.ts';

/** More than the verifier remembers: 10,000 keys found valid, and 1,000 refused. */
const applications = 30_000;
const batch = 100;
const random = randomNumbers(1);

/** A key for each application; every third is disabled. Its item is made when it is read, so that the table has no weight. */
const keys: ApiKeyId[] = Array.from({ length: applications }, (_, nth) =>
  formatApiKeyId('ak', `app${nth}`, randomBytes(32)),
);

const table = {
  attemptGet: async ({ pk }) => ({ outcome: 'read', found: itemOf(pk) }),
  attemptUpdate: async () => ({ outcome: 'applied' }),
} satisfies Partial<Table> as unknown as Table;

function itemOf(appId: string): Record<string, unknown> | undefined {
  const nth = Number(appId.slice('app'.length));
  const key = keys[nth];
  if (!key) return undefined;
  const { appId: pk, ...app } = newApp({
    appId,
    realm: 'myrealm',
    name: 'an app',
    owner: 'owner',
    now: 1,
    op: 'seed',
    correlationId: 'seed',
  });
  const stored = { name: 'a key', enabled: nth % 3 !== 0, createdTime: 1, createdBy: 'owner', expiresAt: -1 };
  return { ...app, pk, sk: 'app', keyCount: 1, keys: { [handleOf(key)]: stored } };
}

/** A tenth of the keys come half of the time, and are remembered; the others mostly are not. */
function nextKey(): string {
  const kind = random();
  if (kind < 0.1) return `ak_app1_${randomBytes(20).toString('hex')}`;
  if (kind < 0.2) return formatApiKeyId('ak', `none${Math.floor(random() * 1e9)}`, randomBytes(32));
  if (kind < 0.3) return formatApiKeyId('ak', `app${Math.floor(random() * applications)}`, randomBytes(32));
  const among = kind < 0.65 ? applications / 10 : applications;
  return keys[Math.floor(random() * among)] ?? '';
}

/** Verifies so many keys, and sends its parent the heap's size in bytes after each tenth of them. */
async function main(): Promise<void> {
  const { values } = parseArgs({ options: { verifications: { type: 'string' } } });
  const verifications = Number(values.verifications);
  const settings = { partition: 'here', prefixes: ['ak'], cacheSeconds: 10, lastUsedSeconds: 3_600 };
  const verifier = new Verifier(table, settings, systemClock);
  const results: Record<string, number> = {};
  for (let done = batch; done <= verifications; done += batch) {
    for (const { verification, isCached } of await Promise.all(
      Array.from({ length: batch }, () => verifier.check(nextKey())),
    )) {
      const result = `${verification.valid ? 'valid' : verification.reason}${isCached ? ', remembered' : ''}`;
      results[result] = (results[result] ?? 0) + 1;
    }
    if (done % (verifications / 10) === 0) process.send?.({ done, bytes: await heapBytes(), results });
  }
}

/** The time-outs of 50 ms that uses wait for are over by then. */
async function heapBytes(): Promise<number> {
  await systemClock.sleep(100);
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}

await main();
process.disconnect?.();
