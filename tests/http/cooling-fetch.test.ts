import { describe, expect, it } from 'vitest';
import { coolingFetch } from '../../lib/http/cooling-fetch.ts';
import type { KeysAnswer } from '../../lib/http/get-keys.ts';

const options = { headers: [], signal: new AbortController().signal } as never;

/** An answer whose body comes in pieces. */
function answerOf(texts: readonly string[] | null, status = 200): KeysAnswer {
  const pieces = texts?.map((text) => new TextEncoder().encode(text));
  return { status, body: pieces ? ReadableStream.from(pieces) : null };
}

/** A fetch whose issuer answers like this, the last of it again and again; how often it was asked; and its clock. */
function fetchOf(...answers: KeysAnswer[]) {
  const clock = { now: 0 };
  const asked: unknown[][] = [];
  const fetch = coolingFetch(
    async (...request) => {
      asked.push(request);
      return answers[asked.length - 1] ?? expect.fail();
    },
    () => clock.now,
  );
  return { clock, asked, get: () => fetch('https://issuer.test/keys', options) };
}

const keySetOf = async (...texts: string[]) => {
  const { status, json } = await fetchOf(answerOf(texts)).get();
  return [status, await json()];
};
const sized = (bytes: number) => '{"keys":[]}'.padEnd(bytes);

describe('a key set', () => {
  it('is asked for as jose says', async () => {
    const { asked, get } = fetchOf(answerOf(['{"keys":[]}']));
    await get();
    expect(asked).toEqual([['https://issuer.test/keys', options]]);
  });

  it.each([[['{"keys":[]}']], [['{"keys":[{"kid":"é"},{}],', '"more":1}']]])('is read from %j', async (texts) => {
    expect(await keySetOf(...texts)).toEqual([200, JSON.parse(texts.join(''))]);
  });

  it('may have 256 KB, in one piece or in several', async () => {
    expect(await keySetOf(sized(262_144))).toEqual([200, { keys: [] }]);
    await expect(keySetOf(sized(262_145))).rejects.toThrow('the key set is too large');
    await expect(keySetOf(sized(262_144), ' ')).rejects.toThrow('the key set is too large');
  });

  it.each([
    'null',
    '1',
    '{}',
    '{"keys":null}',
    '{"keys":{"every":1}}',
    '{"keys":[null]}',
    '{"keys":["x"]}',
    '{"keys":[1]}',
    '{"keys":[[]]}',
    '{"keys":[{},null]}',
  ])('is not %s', async (text) => {
    await expect(keySetOf(text)).rejects.toThrow('the answer is no key set');
  });

  it.each([[null], [['']], [['<html>']]])('is not in %j', async (texts) => {
    await expect(fetchOf(answerOf(texts)).get()).rejects.toThrow(SyntaxError);
  });

  it.each([201, 204, 302, 404, 500])('is not in an answer with status %i', async (status) => {
    const message = `the key set's server answered with status ${status}`;
    await expect(fetchOf(answerOf(['{"keys":[]}'], status)).get()).rejects.toThrow(message);
  });
});

it('a failure fails at once, for 5 s from it, what is asked for next', async () => {
  const { asked, clock, get } = fetchOf(answerOf([''], 500), answerOf([''], 404), answerOf(['{"keys":[]}']));
  const refused = 'answered with status 500';
  await expect(get()).rejects.toThrow(refused);
  clock.now = 4_999;
  await expect(get()).rejects.toThrow(refused);
  expect(asked).toHaveLength(1);
  clock.now = 5_000;
  await expect(get()).rejects.toThrow('answered with status 404');
  clock.now = 9_999;
  await expect(get()).rejects.toThrow('answered with status 404');
  clock.now = 10_000;
  expect((await get()).status).toBe(200);
  expect(asked).toHaveLength(3);
});
