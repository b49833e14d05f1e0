import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { openMac } from '../../lib/service/kms.ts';
import { type ScriptedAnswer, startScriptedAws } from '../support/scripted-aws.ts';

/** What KMS was asked, over how many connections; and how it answers: if it does. */
let asked: unknown[];
let connections = 0;
let answerTo: () => ScriptedAnswer;

beforeAll(async () => {
  const server = await startScriptedAws('AWS_ENDPOINT_URL_KMS', (target, body) => {
    asked.push([target, body]);
    return answerTo();
  });
  server.on('connection', () => {
    connections += 1;
  });
  return () => void server.close().closeAllConnections();
});

beforeEach(() => {
  asked = [];
});

afterEach(() => {
  vi.useRealTimers();
});

const macOf = (bytes: number) => ({ status: 200, body: { Mac: Buffer.alloc(bytes, 7).toString('base64') } });
const broken = { status: 500, body: { __type: 'KMSInternalException' } };
const message = Uint8Array.of(1, 2, 3);
const ask = (withinMs = 5_000) => openMac('alias/test')(message, withinMs);

it('the MAC is the one that KMS gives under the key', async () => {
  answerTo = () => macOf(32);
  expect(Buffer.from(await ask())).toEqual(Buffer.alloc(32, 7));
  const wanted = {
    KeyId: 'alias/test',
    MacAlgorithm: 'HMAC_SHA_256',
    Message: Buffer.from(message).toString('base64'),
  };
  expect(asked).toEqual([['TrentService.GenerateMac', wanted]]);
});

it('a connection that is open is used again', async () => {
  answerTo = () => macOf(32);
  const mac = openMac('alias/test');
  const before = connections;
  for (let time = 0; time < 3; time += 1) await mac(message, 5_000);
  expect(connections - before).toBe(1);
});

it('KMS is asked once more when it fails', async () => {
  answerTo = () => (asked.length === 1 ? broken : macOf(32));
  expect(await ask()).toHaveLength(32);
  expect(asked).toHaveLength(2);
});

it.each([
  ['none', { status: 200, body: {} }],
  ['one of another length', macOf(31)],
])('503000 when it gives %s', async (_, answer) => {
  answerTo = () => answer;
  await expect(ask()).rejects.toMatchObject({ code: '503000', cause: 'KMS gave no MAC' });
});

describe('503000 with the reason', () => {
  it.each([
    ['when it refuses', { status: 400, body: { __type: 'DisabledException' } }, 'DisabledException', 1],
    ['when it fails twice', broken, 'KMSInternalException', 2],
  ])('%s', async (_, answer, name, requests) => {
    answerTo = () => answer;
    await expect(ask()).rejects.toMatchObject({ code: '503000', cause: { name } });
    expect(asked).toHaveLength(requests);
  });

  it('when it does not answer within 1.5 seconds, twice', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    answerTo = () => void vi.advanceTimersByTimeAsync(1_600);
    await expect(ask(60_000)).rejects.toMatchObject({ code: '503000', cause: { name: 'TimeoutError' } });
    expect(asked).toHaveLength(2);
  });

  it.each([
    [300, 'while there is time'],
    [60_000, 'within 4 seconds'],
  ])('when its answer stalls in its body (%i ms): %s', async (withinMs) => {
    answerTo = () => 'stalled';
    await expect(ask(withinMs)).rejects.toMatchObject({ code: '503000', cause: { name: 'TimeUp' } });
  });

  it('when it does not answer while there is time', async () => {
    answerTo = () => undefined;
    await expect(ask(50)).rejects.toMatchObject({ code: '503000', cause: { name: 'TimeUp' } });
    expect(asked).toHaveLength(1);
  });
});
