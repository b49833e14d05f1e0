import { type AttributeValue, type DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { beforeAll, describe, expect, it } from 'vitest';
import { localClient } from '../../infra/local/table.ts';
import { openTable } from '../../lib/store/dynamodb.ts';
import { lastUseOf, lastUsesOf, recordUse } from '../../lib/store/last-used.ts';
import type { Table } from '../../lib/store/table.ts';
import { handle, now } from '../support/apps.ts';
import { freshTable } from '../support/engine.ts';
import { setEnvironment } from '../support/environment.ts';
import { fakeDeadline } from '../support/fake-deadline.ts';

let table: Table;
let tableName: string;
let raw: DynamoDBClient;
let used = 0;

beforeAll(async () => {
  const { endpoint, ...fresh } = await freshTable();
  tableName = fresh.tableName;
  raw = localClient(endpoint);
  setEnvironment({
    AWS_ENDPOINT_URL_DYNAMODB: endpoint,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
  });
  table = openTable(tableName);
});

/** A use of a key of an application that no other test knows. */
function aUse() {
  used += 1;
  return { appId: `app${used}`, handle: handle('a'), at: now, periodMs: 60_000, expiresAt: -1 };
}

const deadline = { ...fakeDeadline(), at: now + 8_000, now: () => now };

describe('the time of a use', () => {
  it.each([
    ['the first is written down', undefined, now],
    ['one a period after the last is written down', now - 60_000, now],
    ['one sooner is not', now - 59_999, now - 59_999],
    ['one before the last is not, whose answer came late', now + 1, now + 1],
  ])('%s', async (_, last, found) => {
    const use = aUse();
    if (last) await recordUse(table, { ...use, at: last });
    await recordUse(table, use);
    expect(await lastUseOf(table, use.appId, use.handle, deadline)).toBe(found);
  });

  it.each([
    ['400 days after the use of a key that never expires', -1, now],
    ['400 days after the expiry of a key', now + 5_000, now + 5_000],
  ])('goes %s', async (_, expiresAt, from) => {
    const use = { ...aUse(), expiresAt };
    await recordUse(table, use);
    const pk = `used#${use.appId}`;
    const { found } = (await table.attemptGet({ pk, sk: use.handle })) as { found: object };
    expect(found).toStrictEqual({ pk, sk: use.handle, at: now, ttl: from / 1_000 + 400 * 86_400 });
  });

  it('of several keys is found at once; a key that was never used has none', async () => {
    const use = aUse();
    await recordUse(table, use);
    await recordUse(table, { ...use, handle: handle('b'), at: now - 1 });
    const handles = [handle('a'), handle('b'), handle('c')];
    const uses = await lastUsesOf(table, use.appId, handles, deadline);
    expect(Object.fromEntries(uses)).toEqual({ [handle('a')]: now, [handle('b')]: now - 1 });
    expect((await lastUsesOf(table, use.appId, [], deadline)).size).toBe(0);
  });
});

describe('security 29: whatever a stolen role of a verifier writes as a time of use', () => {
  const foul = [{ S: 'x' }, { S: '' }, { BOOL: true }, { NULL: true }, { L: [] }, { M: { at: { N: `${now}` } } }];
  const numbers = [
    '-1',
    '0',
    '1.5',
    `${now + 60_001}`,
    '9007199254740991',
    '12345678901234567890.5',
    '1e125',
    '-1e-120',
  ];
  const values: AttributeValue[] = [...foul, ...numbers.map((N) => ({ N }))];

  it.each(values.map((at) => [at]))('%j counts as no use, in a list too, and the next use replaces it', async (at) => {
    const { appId, handle: key, ...use } = aUse();
    await raw.send(
      new PutItemCommand({ TableName: tableName, Item: { pk: { S: `used#${appId}` }, sk: { S: key }, at } }),
    );
    expect(await lastUseOf(table, appId, key, deadline)).toBeUndefined();
    expect((await lastUsesOf(table, appId, [key], deadline)).size).toBe(0);
    await recordUse(table, { ...use, appId, handle: key });
    expect(await lastUseOf(table, appId, key, deadline)).toBe(now);
  });

  it('an attribute that no verifier writes makes no read fail', async () => {
    const use = aUse();
    const Item = { pk: { S: `used#${use.appId}` }, sk: { S: use.handle }, other: { N: '12345678901234567890.5' } };
    await raw.send(new PutItemCommand({ TableName: tableName, Item }));
    await recordUse(table, use);
    expect(await lastUseOf(table, use.appId, use.handle, deadline)).toBe(now);
    expect((await lastUsesOf(table, use.appId, [use.handle], deadline)).size).toBe(1);
  });

  it('an item without a time counts as no use', async () => {
    const { appId, handle: key } = aUse();
    await table.attemptPut({ Item: { pk: `used#${appId}`, sk: key } });
    expect(await lastUseOf(table, appId, key, deadline)).toBeUndefined();
  });
});

it('a time of use that cannot be read is left out, in one attempt that is given up after a second', async () => {
  const waited: unknown[] = [];
  const wait = (ms: number | undefined) => {
    waited.push(ms);
    return { outcome: 'failed', error: 'down' } as const;
  };
  const down: Table = {
    ...table,
    attemptGet: async (_, ms) => wait(ms),
    attemptBatchGet: async (_, ms) => wait(ms),
  };
  const { appId, handle: key } = aUse();
  expect(await lastUseOf(down, appId, key, deadline)).toBeUndefined();
  expect((await lastUsesOf(down, appId, [key], deadline)).size).toBe(0);
  expect(waited).toEqual([1_000, 1_000]);
});
