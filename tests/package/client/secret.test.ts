import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { Secret } from '../../../lib/package/client/secret.ts';

describe('a secret', () => {
  it('shows itself when it is asked to, each its own', () => {
    const secrets = [new Secret('ak_one'), new Secret('ak_two')];
    expect(secrets.map((secret) => secret.reveal())).toEqual(['ak_one', 'ak_two']);
  });

  it.each([
    ['as text', String],
    ['in text', (secret: Secret) => `${secret}`],
    ['in JSON', (secret: Secret) => JSON.parse(JSON.stringify(secret))],
    ['in what Node prints', (secret: Secret) => inspect(secret)],
  ])('is [secret] %s', (_, show) => {
    expect(show(new Secret('ak_one'))).toBe('[secret]');
  });

  it('has nothing that a copy or a look inside would find', () => {
    expect(Reflect.ownKeys(new Secret('ak_one'))).toEqual([]);
  });
});
