import { createHash, hash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { completeInput } from '../../lib/domain/api-key.ts';
import { findRecord, isOldRecord, repeatable, requestId, secretInput } from '../../lib/domain/idempotency.ts';
import { aKey, anApp, aRecord, aRequest, handle, now, refusalOf } from '../support/apps.ts';

const day = 86_400_000;

describe('a request that may be repeated', () => {
  it('is known by who asks for what, each with its length in bytes before it', () => {
    const parts = ['https://issuer', 'demö', 'generateApiKey'];
    const named = (name: string) => hash('sha256', `${name}14:https://issuer5:demö14:generateApiKey`, 'base64url');
    expect(requestId(parts)).toEqual({ hash: named('7:request'), secretHash: named('6:secret') });
  });

  it('is another one when the same letters are parted otherwise', () => {
    const [one, other] = [
      ['ab', 'c'],
      ['a', 'bc'],
    ].map((parts) => requestId(parts).hash);
    expect(one).not.toBe(other);
  });

  it('asks the same in whatever order its fields and the elements of its lists come', () => {
    const bodyHashOf = (input: object) => repeatable(requestId([]), input).bodyHash;
    const bodyHash = bodyHashOf({ name: 'a key', expiresAt: -1, more: { one: ['b', 'a'], other: null } });
    const json = '{"expiresAt":-1,"more":{"one":["a","b"],"other":null},"name":"a key"}';
    expect(bodyHash).toBe(hash('sha256', `${json.length}:${json}`, 'base64url'));
    expect(bodyHashOf({ more: { other: null, one: ['a', 'b'] }, name: 'a key', expiresAt: -1 })).toBe(bodyHash);
  });

  it.each([
    [{ list: ['x,y'] }, { list: ['x', 'y'] }],
    [{ list: ['x', 'y'] }, { list: ['x'] }],
    [{ list: [] }, { list: '' }],
    [{ value: 1 }, { value: '1' }],
    [{ value: null }, {}],
    [{ value: {} }, { value: '[object Object]' }],
    [{ 'a,b': 1 }, { a: ['b', 1] }],
  ])('asks for different things with %j and %j', (one, other) => {
    const bodyHashOf = (input: object) => repeatable(requestId([]), input).bodyHash;
    expect(bodyHashOf(one)).not.toBe(bodyHashOf(other));
  });

  it('has the hash that earlier versions gave a key without more than its usual fields', () => {
    const { bodyHash } = repeatable(
      requestId([]),
      completeInput({ name: 'x', description: '', scopes: [], allowedSources: [] }),
    );
    const json = '{"enabled":true,"expiresAt":-1,"name":"x"}';
    expect(bodyHash).toBe(hash('sha256', `${json.length}:${json}`, 'base64url'));
  });

  it('has a secret made from bytes that are not stored, and of the salt', () => {
    const request = { hash: 'stored', secretHash: Buffer.from([1, 2, 250]).toString('base64url') };
    const input = secretInput(request, Buffer.from([251, 252]).toString('base64'));
    expect(Buffer.from(input)).toEqual(
      createHash('sha256')
        .update(Buffer.from([1, 2, 250, 251, 252]))
        .digest(),
    );
  });
});

describe('the record of a request', () => {
  const record = aRecord({ at: now - day + 1, handle: handle('a') });
  const app = anApp({ keys: { [handle('a')]: aKey() }, requests: { request: record } });

  it('is found for 24 hours', () => {
    const request = aRequest();
    expect(findRecord(app, request, now)).toBe(record);
    expect(findRecord(app, request, now + 1)).toBeUndefined();
    expect([isOldRecord(record, now), isOldRecord(record, now + 1)]).toEqual([false, true]);
  });

  it.each([
    ['no Idempotency-Key', undefined],
    ['another request', aRequest('other')],
    ['a hash that is a name of every object', aRequest('toString')],
  ])('is not found for %s', (_, request) => {
    expect(findRecord(app, request, now)).toBeUndefined();
  });

  it('422409 when the request asks something else, 409305 when its key has gone', () => {
    const find = (bodyHash: string) => () => findRecord({ ...app, keys: {} }, aRequest('request', bodyHash), now);
    expect(refusalOf(find('other'))).toMatchObject({ code: '422409' });
    expect(refusalOf(find('body'))).toMatchObject({ code: '409305' });
  });
});
