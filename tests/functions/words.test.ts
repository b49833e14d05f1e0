import { beforeAll, describe, expect, it } from 'vitest';
import { isPrincipal } from '../../lib/domain/policy.ts';
import { tokenOf } from '../support/calls.ts';
import type { OperationId, TestRequest } from '../support/events.ts';
import { startService, type TestService } from '../support/service.ts';
import { wordsOfCode } from '../support/words.ts';

let service: TestService;

beforeAll(async () => {
  service = await startService();
});

const words = wordsOfCode();
/** The names of an object's prototype can't be principals. */
const principals = words.filter((word) => !['__proto__', 'constructor', 'prototype'].includes(word));

it('the words of the code are read from the code, and may be principals', () => {
  const some = ['segments', 'value', 'texts', 'parts', 'latest', 'pk', 'sk', 'toString', 'hasOwnProperty', 'length'];
  expect(words).toEqual(expect.arrayContaining([...some, 'then', '__proto__']));
  expect(principals.filter((word) => !isPrincipal(word))).toEqual([]);
});

/** @returns what calls as a principal of this name, and demands that it is done */
async function callerNamed(sub: string) {
  const headers = await tokenOf(service, { sub, permissions: ['account:createApp'] });
  return async (id: OperationId, request: TestRequest = {}) => {
    const { statusCode, body } = await service.call(id, { ...request, headers: { ...headers, ...request.headers } });
    if (statusCode >= 300) expect.fail(`${id} by ${sub}: ${JSON.stringify(body)}`);
    return body;
  };
}

describe('security 20: a word of the code is text like any other', () => {
  it.each(principals)('%s as a principal', async (principal) => {
    const [call, ann] = [await callerNamed(principal), await callerNamed('ann')];
    const made = await call('createApp', { body: { name: 'x' } });
    const app = encodeURIComponent(made.hrn);
    await call('generateApiKey', { path: { app }, body: { name: 'x' } });
    await call('putGrant', { path: { app, principal: 'ann' }, body: { actions: ['manage'] } });
    await ann('deleteGrant', { path: { app, principal } });
    await ann('putGrant', { path: { app, principal }, body: { actions: ['read'] } });
    expect((await ann('listGrants', { path: { app } })).items).toContainEqual({ principal, actions: ['read'] });
    expect((await call('listApps')).items).toMatchObject([{ clientId: made.clientId }]);
  });

  it.each(words)('%s as a name, a description and an Idempotency-Key', async (word) => {
    const call = await callerNamed('demo');
    const headers = { 'Idempotency-Key': word };
    const texts = { name: word, description: word };
    const made = await call('createApp', { body: texts, headers });
    expect(made).toMatchObject(texts);
    const app = encodeURIComponent(made.hrn);
    expect(await call('generateApiKey', { path: { app }, body: { name: word }, headers })).toMatchObject({
      name: word,
    });
  });

  it('every word as an issuer', async () => {
    const call = await callerNamed('demo');
    const made = await call('createApp', { body: { name: 'x' } });
    const app = encodeURIComponent(made.hrn);
    for (const word of words) {
      const path = { app, issuer: encodeURIComponent(`https://issuer.example/${word}`) };
      await call('putIssuer', { path });
      expect((await call('listIssuers', { path })).items).toEqual([`https://issuer.example/${word}`]);
      await call('deleteIssuer', { path });
    }
  });
});
