import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { expect, it } from 'vitest';
import { startCannedDynamodb } from './canned-dynamodb.ts';
import { latencyOf, measureCrowd } from './crowd.ts';

it('a percentile is the shortest time that so many calls do not exceed', () => {
  const durations = Array.from({ length: 200 }, (_, index) => 200 - index);
  expect(latencyOf(durations)).toEqual({ p50: 100, p95: 190, p99: 198 });
});

it('all callers of a crowd call at the same time, and none has two calls under way', async () => {
  const underWay = new Set<number>();
  const counts: number[] = [];
  await measureCrowd({ callers: 7, callsEach: 3 }, async (caller) => {
    expect(underWay.has(caller)).toBe(false);
    counts.push(underWay.add(caller).size);
    await new Promise(setImmediate);
    underWay.delete(caller);
  });
  expect([counts.length, Math.max(...counts)]).toEqual([7 * 4, 7]);
});

it('a crowd fails with a call that fails', async () => {
  const call = () => Promise.reject(new Error('rejected'));
  await expect(measureCrowd({ callers: 2, callsEach: 1 }, call)).rejects.toThrow('rejected');
});

it('the canned DynamoDB answers with the attributes that are asked for, and finds no other key', async () => {
  const item = { pk: { S: 'app1' }, name: { S: 'mine' }, rev: { N: '1' } };
  const database = await startCannedDynamodb({ app1: item });
  const credentials = { accessKeyId: 'bench', secretAccessKey: 'bench' };
  const client = new DynamoDBClient({ endpoint: database.endpoint, region: 'eu-central-1', credentials });
  const get = async (pk: string, more = {}) =>
    (await client.send(new GetItemCommand({ TableName: 'bench', Key: { pk: { S: pk } }, ...more }))).Item;
  const named = { ProjectionExpression: '#n0', ExpressionAttributeNames: { '#n0': 'name' } };
  expect([await get('app1'), await get('app1', named), await get('app2')]).toEqual([
    item,
    { name: item.name },
    undefined,
  ]);
  client.destroy();
  database.stop();
});
