import { createHash, hash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { findRecord, isOldRecord, repeatableRequest, secretInput } from '../../lib/domain/idempotency.ts';
import { aKey, anApp, aRecord, handle, now, refusalOf } from '../support/apps.ts';

const day = 86_400_000;

describe('a request that may be repeated', () => {
  it('is known by who asks for what, each with its length in bytes before it', () => {
    const parts = ['https://issuer', 'demö', 'generateApiKey'];
    const { hash: found } = repeatableRequest(parts, {});
    expect(found).toBe(hash('sha256', '14:https://issuer5:demö14:generateApiKey', 'base64url'));
  });

  it('is another one when the same letters are parted otherwise', () => {
    const [one, other] = [
      ['ab', 'c'],
      ['a', 'bc'],
    ].map((parts) => repeatableRequest(parts, {}).hash);
    expect(one).not.toBe(other);
  });

  it('asks the same in whatever order its fields come', () => {
    const { bodyHash } = repeatableRequest([], { name: 'a key', expiresAt: -1, enabled: false });
    expect(bodyHash).toBe(hash('sha256', '7:enabled5:false9:expiresAt2:-14:name5:a key', 'base64url'));
    expect(repeatableRequest([], { enabled: false, name: 'a key', expiresAt: -1 }).bodyHash).toBe(bodyHash);
    expect(repeatableRequest([], { enabled: true, name: 'a key', expiresAt: -1 }).bodyHash).not.toBe(bodyHash);
  });

  it('has a secret made from the bytes of its hash and of the salt', () => {
    const request = { hash: Buffer.from([1, 2, 250]).toString('base64url'), bodyHash: 'body' };
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
    const request = { hash: 'request', bodyHash: 'body' };
    expect(findRecord(app, request, now)).toBe(record);
    expect(findRecord(app, request, now + 1)).toBeUndefined();
    expect([isOldRecord(record, now), isOldRecord(record, now + 1)]).toEqual([false, true]);
  });

  it.each([
    ['no Idempotency-Key', undefined],
    ['another request', { hash: 'other', bodyHash: 'body' }],
    ['a hash that is a name of every object', { hash: 'toString', bodyHash: 'body' }],
  ])('is not found for %s', (_, request) => {
    expect(findRecord(app, request, now)).toBeUndefined();
  });

  it('422409 when the request asks something else, 409305 when its key has gone', () => {
    const find = (bodyHash: string) => () => findRecord({ ...app, keys: {} }, { hash: 'request', bodyHash }, now);
    expect(refusalOf(find('other'))).toMatchObject({ code: '422409' });
    expect(refusalOf(find('body'))).toMatchObject({ code: '409305' });
  });
});
