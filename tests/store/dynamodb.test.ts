import { createServer, type Server } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { listen } from '../../infra/local/ports.ts';
import { openTable } from '../../lib/store/dynamodb.ts';
import type { Table } from '../../lib/store/table.ts';

/** What the database answers next, and what it was asked: the operations, and their requests. */
let answer: { status: number; body: unknown };
const asked: [string | undefined, unknown][] = [];
let table: Table;

const server = createServer(async (request, response) => {
  const target = String(request.headers['x-amz-target']).split('.').at(-1);
  asked.push([target, JSON.parse((await buffer(request)).toString())]);
  response.writeHead(answer.status, { 'Content-Type': 'application/x-amz-json-1.0' });
  response.end(JSON.stringify(answer.body));
});

beforeAll(async () => {
  vi.stubEnv('AWS_ENDPOINT_URL_DYNAMODB', `http://127.0.0.1:${await listen(server)}`);
  vi.stubEnv('AWS_REGION', 'eu-central-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
});

afterAll(() => {
  vi.unstubAllEnvs();
  server.closeAllConnections();
  server.close();
});

function answering(body: unknown, status = 200): Table {
  answer = { status, body };
  asked.length = 0;
  table = openTable('table1');
  return table;
}

const key = { pk: 'app1', sk: 'app' };
const Key = { pk: { S: 'app1' }, sk: { S: 'app' } };
const TableName = 'table1';
const errorOf = (name: string) => ({ __type: `com.amazonaws.dynamodb.v20120810#${name}` });
const refusal = errorOf('ConditionalCheckFailedException');

describe('what the database is asked', () => {
  it.each<[string, (to: Table) => Promise<unknown>, object]>([
    [
      'UpdateItem',
      (to) => to.attemptUpdate({ Key: key, UpdateExpression: 'REMOVE a', ConditionExpression: 'b' }),
      {
        TableName,
        Key,
        UpdateExpression: 'REMOVE a',
        ConditionExpression: 'b',
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      },
    ],
    [
      'PutItem',
      (to) => to.attemptPut({ Item: { ...key, a: { b: undefined } } }),
      { TableName, Item: { ...Key, a: { M: {} } }, ReturnValuesOnConditionCheckFailure: 'ALL_OLD' },
    ],
    [
      'DeleteItem',
      (to) => to.attemptDelete({ Key: key }),
      { TableName, Key, ReturnValuesOnConditionCheckFailure: 'ALL_OLD' },
    ],
    ['GetItem', (to) => to.attemptGet(key), { TableName, Key, ConsistentRead: true }],
    ['Query', (to) => to.attemptQuery({ IndexName: 'i', Limit: 2 }), { TableName, IndexName: 'i', Limit: 2 }],
    ['BatchGetItem', (to) => to.attemptBatchGet([key]), { RequestItems: { [TableName]: { Keys: [Key] } } }],
  ])('%s', async (operation, act, request) => {
    expect(await act(answering({}))).toMatchObject({ outcome: expect.stringMatching('applied|read') });
    expect(asked).toEqual([[operation, request]]);
  });
});

it('every request asks for what it is about, after others and beside them', async () => {
  const to = answering({});
  for (const pk of ['one', 'two']) await to.attemptGet({ ...key, pk });
  await Promise.all(['three', 'four'].map((pk) => to.attemptGet({ ...key, pk })));
  const keys = asked.map(([, request]) => (request as { Key: typeof Key }).Key.pk.S);
  expect(keys.slice(0, 2)).toEqual(['one', 'two']);
  expect(keys.slice(2).sort()).toEqual(['four', 'three']);
});

describe('what it answers to a read', () => {
  it.each<[string, (to: Table) => Promise<unknown>, unknown, unknown]>([
    ['an item', (to) => to.attemptGet(key), { Item: Key }, key],
    ['no item', (to) => to.attemptGet(key), {}, undefined],
    ['what a query finds', (to) => to.attemptQuery({}), { Items: [Key] }, [key]],
    ['a query that finds nothing', (to) => to.attemptQuery({}), {}, []],
    ['a batch', (to) => to.attemptBatchGet([key]), { Responses: { [TableName]: [Key] }, UnprocessedKeys: {} }, [key]],
    ['a batch of which nothing is there', (to) => to.attemptBatchGet([key]), { Responses: {} }, []],
    ['a batch without any answers', (to) => to.attemptBatchGet([key]), {}, []],
  ])('%s', async (_, act, body, found) => {
    expect(await act(answering(body))).toEqual({ outcome: 'read', found });
  });

  it('a batch that was not read to its end failed, so that no application is missing from a list', async () => {
    const UnprocessedKeys = { [TableName]: { Keys: [Key] } };
    expect(await answering({ Responses: {}, UnprocessedKeys }).attemptBatchGet([key])).toEqual({
      outcome: 'failed',
      error: new Error('DynamoDB did not read every key'),
      isTooBusy: false,
    });
  });
});

describe('what it answers to a write that it refuses', () => {
  const refused = () => table.attemptDelete({ Key: key });

  it('no item: what stood there is to be read, until the engine has told one; then none stood there', async () => {
    answering(refusal, 400);
    expect(await refused()).toEqual({ outcome: 'refused', item: undefined });
    answer.body = { ...refusal, Item: Key };
    expect(await refused()).toEqual({ outcome: 'refused', item: key });
    answer.body = refusal;
    expect(await refused()).toEqual({ outcome: 'refused', item: null });
  });
});

describe('what fails', () => {
  it.each([
    ['ThrottlingException', 'notApplied'],
    ['InternalServerError', 'unknown'],
  ])('%s: a write is %s, a read failed, and neither is repeated here', async (name, outcome) => {
    const to = answering(errorOf(name), name === 'InternalServerError' ? 500 : 400);
    const error = expect.objectContaining({ name });
    expect(await to.attemptPut({ Item: key })).toEqual({ outcome, error, isTooBusy: false });
    expect(await to.attemptGet(key)).toEqual({ outcome: 'failed', error, isTooBusy: false });
    expect(asked).toHaveLength(2);
  });

  it('what no repetition mends is thrown', async () => {
    const to = answering(errorOf('AccessDeniedException'), 400);
    await expect(to.attemptPut({ Item: key })).rejects.toThrow(
      expect.objectContaining({ name: 'AccessDeniedException' }),
    );
    await expect(to.attemptGet(key)).rejects.toThrow(expect.objectContaining({ name: 'AccessDeniedException' }));
  });

  it.each<[string, (to: Table) => Promise<unknown>, unknown, number]>([
    ['a write that is applied', (to) => to.attemptPut({ Item: key }), {}, 200],
    ['a write that is refused', (to) => to.attemptPut({ Item: key }), refusal, 400],
    ['a read', (to) => to.attemptGet(key), {}, 200],
  ])('throttling 101 times is too busy, and no longer after ten answers to %s', async (_, act, body, status) => {
    const throttling = { status: 400, body: errorOf('ThrottlingException') };
    const to = answering(throttling.body, 400);
    for (let time = 0; time < 100; time += 1) expect(await to.attemptGet(key)).toMatchObject({ isTooBusy: false });
    expect(await to.attemptGet(key)).toMatchObject({ isTooBusy: true });
    answer = { status, body };
    for (let time = 0; time < 11; time += 1) await act(to);
    answer = throttling;
    expect(await to.attemptPut({ Item: key })).toMatchObject({ isTooBusy: false });
  });
});

it('failures that are no sign of too much to do do not use up its repetitions', async () => {
  const to = answering(errorOf('InternalServerError'), 500);
  for (let time = 0; time < 101; time += 1) expect(await to.attemptGet(key)).toMatchObject({ isTooBusy: false });
  answer = { status: 400, body: errorOf('ThrottlingException') };
  expect(await to.attemptGet(key)).toMatchObject({ isTooBusy: false });
});

describe('security 30: is given up after 2 seconds, or sooner when the time of the request is over', () => {
  /** @returns how long three attempts had, in ms, in the order in which they were given up; false for one that was given up sooner */
  const givenUpOn = async (server: Server) => {
    onTestFinished(() => void server.close().closeAllConnections());
    vi.stubEnv('AWS_ENDPOINT_URL_DYNAMODB', `http://127.0.0.1:${await listen(server)}`);
    const givenUp: unknown[] = [];
    const attempts = [undefined, 8_000, 100].map(async (withinMs) => {
      const startedAt = performance.now();
      expect(await openTable('table1').attemptGet(key, withinMs)).toMatchObject({ error: { name: 'TimeUp' } });
      givenUp.push(performance.now() - startedAt >= ((withinMs ?? 8_000) > 2_000 ? 1_950 : 95) && withinMs);
    });
    await Promise.all(attempts);
    return givenUp;
  };

  it('a database that does not answer', async () => {
    expect(await givenUpOn(createServer(() => {}))).toEqual([100, undefined, 8_000]);
  });

  it('an answer that stalls in its body', async () => {
    const stalling = createServer((_, response) => void response.writeHead(200, { 'content-length': 9 }).write('{'));
    expect(await givenUpOn(stalling)).toEqual([100, undefined, 8_000]);
  });

  it('an answer whose body trickles, byte by byte', async () => {
    const trickling = createServer((_, response) => {
      response.writeHead(200, { 'content-length': 1_000 });
      const timer = setInterval(() => response.write(' '), 50);
      response.on('close', () => clearInterval(timer));
    });
    expect(await givenUpOn(trickling)).toEqual([100, undefined, 8_000]);
  });

  it('credentials that do not come', async () => {
    const credentials = createServer((_, response) => void response.writeHead(200).write('{'));
    onTestFinished(() => void credentials.close().closeAllConnections());
    for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']) vi.stubEnv(name, undefined);
    vi.stubEnv('AWS_CONTAINER_CREDENTIALS_FULL_URI', `http://127.0.0.1:${await listen(credentials)}/`);
    expect(await givenUpOn(createServer(() => {}))).toEqual([100, undefined, 8_000]);
  });
});
