import { setTimeout as sleep } from 'node:timers/promises';
import type { PutEventsRequestEntry } from '@aws-sdk/client-eventbridge';
import { marshall } from '@aws-sdk/util-dynamodb';
import type { DynamoDBRecord } from 'aws-lambda';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Change } from '../../../lib/domain/app.ts';
import { publisher } from '../../../lib/service/events/publisher.ts';
import { anApp, now } from '../../support/apps.ts';
import { type CapturedLog, captureLog } from '../../support/captured-log.ts';
import { startProcess } from '../../support/environment.ts';
import { type ScriptedAnswer, startScriptedAws } from '../../support/scripted-aws.ts';
import { settingsFolder, testSettings } from '../../support/settings.ts';

let log: CapturedLog;
/** What came on the bus, request by request; and how the next ones are answered. */
let sent: PutEventsRequestEntry[][];
let answerTo: (entries: PutEventsRequestEntry[]) => ScriptedAnswer;

const taken: typeof answerTo = (entries) => ({ status: 200, body: { Entries: entries.map(() => ({ EventId: 'x' })) } });

beforeAll(async () => {
  const server = await startScriptedAws('AWS_ENDPOINT_URL_EVENTBRIDGE', (_, body) => {
    const { Entries: entries } = body as { Entries: PutEventsRequestEntry[] };
    sent.push(entries);
    return answerTo(entries);
  });
  return () => void server.close().closeAllConnections();
});

beforeEach(() => {
  log = captureLog();
  sent = [];
  answerTo = taken;
  vi.stubEnv('LAMBDA_TASK_ROOT', settingsFolder(testSettings({ partition: 'olp', eventBus: 'audit' })));
});

afterEach(() => {
  vi.useRealTimers();
});

const change = { op: 'op', at: now, by: 'demo', action: 'updateApp', correlationId: 'c' };
const app = 'hrn:olp:account::myrealm:app/app7';
const realm = 'hrn:olp:account::myrealm:realm/myrealm';

/** The stream's record of a change of an application. */
function recordOf(number: number | undefined, lastChange: Change = change): DynamoDBRecord {
  const { appId: pk, ...attributes } = anApp({ appId: 'app7', rev: 7, lastChange });
  const image = marshall({ pk, sk: 'app', ...attributes });
  const SequenceNumber = number === undefined ? {} : { SequenceNumber: String(number) };
  return { dynamodb: { ...SequenceNumber, NewImage: image as never } };
}

const changes = (count: number) => Array.from({ length: count }, (_, index) => recordOf(index));
const publish = (Records: DynamoDBRecord[]) => publisher()({ Records });
const comesAgainFrom = (number: string) => ({ batchItemFailures: [{ itemIdentifier: number }] });
const allTaken = { batchItemFailures: [] };

describe('a change', () => {
  it('is one event on the bus, about the application', async () => {
    expect(await publish([recordOf(1)])).toEqual(allTaken);
    const [entry = expect.fail()] = sent.flat();
    const { Detail = '', ...told } = entry;
    expect(told).toEqual({
      EventBusName: 'audit',
      Source: 'appkeys',
      DetailType: 'updateApp',
      Time: now / 1_000,
      Resources: [app],
    });
    const event = { id: 'app7#7', time: now, action: 'updateApp', principal: 'demo', app, realm, correlationId: 'c' };
    expect(JSON.parse(Detail)).toEqual(event);
    expect(log.records()).toEqual([]);
  });

  it('or about the key, if it is about one', async () => {
    await publish([recordOf(1, { ...change, keyHrn: 'key' })]);
    expect(sent.flat()).toMatchObject([{ Resources: ['key'] }]);
  });

  it('is none where it is a fence, where the stream shows no application, or nothing', async () => {
    const image = marshall({ pk: 'rate#x', sk: 'rate' }) as never;
    const fence = recordOf(1, { ...change, action: 'fenceApiKey' });
    expect(await publish([fence, { dynamodb: { NewImage: image } }, { dynamodb: {} }, {}])).toEqual(allTaken);
    expect(sent).toEqual([]);
  });
});

describe('changes go ten at a time, in order', () => {
  it.each([
    [10, [10]],
    [11, [10, 1]],
    [25, [10, 10, 5]],
  ])('%i', async (count, sizes) => {
    const records = Array.from({ length: count }, (_, index) =>
      recordOf(index, { ...change, correlationId: String(index) }),
    );
    expect(await publish(records)).toEqual(allTaken);
    expect(sent.map(({ length }) => length)).toEqual(sizes);
    const order = sent.flat().map(({ Detail = '' }) => JSON.parse(Detail).correlationId);
    expect(order).toEqual(Array.from({ length: count }, (_, index) => String(index)));
  });
});

describe('what the bus does not take comes again from there on, and the log tells why', () => {
  it('a single event', async () => {
    answerTo = (entries) => {
      const refused = entries.map((_, index) => (index < 3 ? { EventId: 'x' } : { ErrorCode: `Wrong${index}` }));
      return { status: 200, body: { Entries: sent.length === 2 ? refused : entries.map(() => ({})) } };
    };
    expect(await publish(changes(25))).toEqual(comesAgainFrom('13'));
    expect(sent).toHaveLength(2);
    expect(log.records()).toMatchObject([{ event: 'publish', level: 'ERROR', why: 'Wrong3' }]);
  });

  it('the first of all', async () => {
    answerTo = () => ({ status: 200, body: { Entries: [{ ErrorCode: 'Wrong' }] } });
    expect(await publish(changes(1))).toEqual(comesAgainFrom('0'));
  });

  it('all of a request that is refused', async () => {
    answerTo = () => ({ status: 400, body: { __type: 'AccessDeniedException', message: 'no' } });
    expect(await publish(changes(2))).toEqual(comesAgainFrom('0'));
    expect(log.records()).toMatchObject([{ event: 'publish', level: 'ERROR', why: 'AccessDeniedException: no' }]);
  });

  it('all of its batch, where it has no number', async () => {
    answerTo = () => ({ status: 200, body: { Entries: [{ ErrorCode: 'Wrong' }] } });
    expect(await publish([recordOf(undefined)])).toEqual(comesAgainFrom(''));
  });

  it('all of a request whose answer stalls in its body for 10 seconds', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    answerTo = () => 'stalled';
    const headersCame = sleep(200);
    const published = publish(changes(2));
    await headersCame;
    await vi.advanceTimersByTimeAsync(10_000);
    expect(await published).toEqual(comesAgainFrom('0'));
    expect(log.records()).toMatchObject([{ event: 'publish', why: 'TimeUp: no response within 10000 ms' }]);
  });

  it('all of a request that is not answered within 3 seconds, three times', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    answerTo = () => void vi.advanceTimersByTimeAsync(3_250);
    expect(await publish(changes(2))).toEqual(comesAgainFrom('0'));
    expect(sent).toHaveLength(3);
    expect(log.records()).toMatchObject([
      { event: 'publish', level: 'ERROR', why: expect.stringContaining('3000 ms') },
    ]);
  });
});

describe('a record that can never become an event is logged and passed over, and those around it are sent', () => {
  const passedOver = { event: 'publish', level: 'ERROR', result: 'skipped', UnpublishedChanges: 1 };
  const imageOf = (item: object) => ({ dynamodb: { SequenceNumber: '1', NewImage: item as never } });
  const written = { realm: 'myrealm', rev: 1, lastChange: change };
  const foreign = (more: object) => imageOf(marshall({ pk: 'x', sk: 'app', ...written, ...more }));

  it.each<[string, DynamoDBRecord]>([
    ['a ghost, which nobody created', imageOf(marshall({ pk: 'x', sk: 'app', lastUsed: { a: 1 } }))],
    ['a change that is no map', foreign({ lastChange: 'x' })],
    ['a change without a time', foreign({ lastChange: { ...change, at: null } })],
    ['a time that no calendar has', foreign({ lastChange: { ...change, at: 9e15 } })],
    ['a change by nobody', foreign({ lastChange: { ...change, by: 1 } })],
    ['a change of a key that is no text', foreign({ lastChange: { ...change, keyHrn: 1 } })],
    ['no realm', foreign({ realm: null })],
    ['no number', foreign({ rev: 'x' })],
    ['a number that is too large', imageOf({ pk: { S: 'x' }, sk: { S: 'app' }, rev: { N: '12345678901234567890' } })],
    ['a type that there is not', imageOf({ pk: { S: 'x' }, sk: { S: 'app' }, rev: { Z: '1' } })],
  ])('%s', async (_, record) => {
    expect(await publish([recordOf(0), record, recordOf(2)])).toEqual(allTaken);
    expect(sent.map(({ length }) => length)).toEqual([2]);
    expect(log.records()).toMatchObject([{ ...passedOver, sequenceNumber: '1', why: expect.any(String) }]);
  });

  it.each(['InvalidArgument', 'MalformedDetail'])('an event that the bus will never take: %s', async (ErrorCode) => {
    answerTo = () => ({ status: 200, body: { Entries: [{}, { ErrorCode }, {}, { ErrorCode: 'InternalFailure' }] } });
    expect(await publish(changes(5))).toEqual(comesAgainFrom('3'));
    expect(log.records()).toMatchObject([
      { ...passedOver, sequenceNumber: '1', why: ErrorCode },
      { event: 'publish', sequenceNumber: '3', why: 'InternalFailure' },
    ]);
  });
});

it('an answer that tells of no event has refused none', async () => {
  answerTo = () => ({ status: 200, body: {} });
  expect(await publish(changes(1))).toEqual(allTaken);
});

it('without a bus every batch fails, so that Lambda comes again with it', async () => {
  vi.stubEnv('LAMBDA_TASK_ROOT', settingsFolder(testSettings()));
  startProcess();
  const unopened = publisher();
  expect(log.records()).toMatchObject([{ event: 'start', why: expect.stringContaining('eventBus') }]);
  await expect(unopened({ Records: [] })).rejects.toThrow('the function is not configured');
});
