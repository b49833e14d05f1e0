import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { newApp } from '../../lib/domain/app.ts';
import { type RepeatableRequest, repeatableRequest } from '../../lib/domain/idempotency.ts';
import { standingTowards } from '../../lib/domain/policy.ts';
import { appOf } from '../../lib/store/app-item.ts';
import { generate } from '../../lib/use-cases/generate.ts';
import { systemClock } from '../../lib/verifier/verifier.ts';
import { MemoryTable, openMemoryTable } from '../interleavings/memory-table.ts';

const settings = { tableName: 't', partition: 'here', keyPrefix: 'ak', maxKeysPerApp: 2, serviceKeyId: 'k' };
const mac = async (message: Uint8Array) => createHmac('sha256', 'service key').update(message).digest();
const caller = { principal: 'demo', realm: 'myrealm', issuer: 'x', permissions: [], hasProjectScope: false };
const { appId: pk, ...attributes } = newApp({
  appId: 'app1',
  realm: 'myrealm',
  name: 'x',
  owner: 'demo',
  now: 1,
  op: 'seed',
  correlationId: 'seed',
});
const app = { realm: 'myrealm', appId: pk };

/** Makes the first key of an application, the same each time. @returns its secret and the salt of it, 32 bytes each */
async function generateAnew(request?: RepeatableRequest): Promise<{ secret: Buffer; salt: Buffer }> {
  const memory = new MemoryTable();
  memory.write({ kind: 'put', put: { Item: { pk, sk: 'app', ...attributes } } });
  const deadline = { ...systemClock, at: Date.now() + 600_000 };
  const wish = { name: 'x', expiresAt: -1, enabled: true };
  const standing = () => standingTowards(app, caller, 'here');
  const wanted = { app, wish, by: 'demo', standing, correlationId: 'c', request };
  const { body } = await generate({ settings, table: openMemoryTable(memory), mac, deadline }, wanted);
  const [record] = Object.values(appOf(memory.get({ pk, sk: 'app' }))?.requests ?? {});
  return { secret: secretIn(body.apiKeyId), salt: Buffer.from(record?.salt ?? '', 'base64') };
}

function secretIn(apiKeyId: string): Buffer {
  const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
  const digits = [...(apiKeyId.split('_').at(-1)?.slice(0, 43) ?? '')];
  const number = digits.reduce((sum, digit) => sum * 62n + BigInt(alphabet.indexOf(digit)), 0n);
  return Buffer.from(number.toString(16).padStart(64, '0'), 'hex');
}

/** Of 1,000 random bytes about 251 differ; a place that is fixed, or has few bits, has fewer. */
function expectRandom(all: readonly Buffer[]): void {
  expect(new Set(all.map((bytes) => bytes.toString('hex'))).size).toBe(all.length);
  const places = Array.from({ length: 32 }, (_, place) => new Set(all.map((bytes) => bytes[place])));
  expect(Math.min(...places.map(({ size }) => size))).toBeGreaterThan(200);
}

describe('security 6: a thousand keys', () => {
  it('are each 32 random bytes, never the same twice', async () => {
    const made = await Promise.all(Array.from({ length: 1_000 }, () => generateAnew()));
    expectRandom(made.map(({ secret }) => secret));
  });

  it('of one request with an Idempotency-Key, each time anew, are so by a salt of 32 random bytes', async () => {
    const request = repeatableRequest(['x'], {});
    const made = await Promise.all(Array.from({ length: 1_000 }, () => generateAnew(request)));
    expectRandom(made.map(({ salt }) => salt));
    expectRandom(made.map(({ secret }) => secret));
  });
});
