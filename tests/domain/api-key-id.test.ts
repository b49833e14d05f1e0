import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { newApiKeyReply } from '../../lib/contract/schemas.ts';
import {
  type ApiKeyId,
  formatApiKeyId,
  handleOf,
  holdsApiKeyId,
  looksLikeApiKeyId,
  mayBeApiKeyId,
  parseApiKeyId,
  withoutApiKeys,
} from '../../lib/domain/api-key-id.ts';

const secret = (fill: number) => new Uint8Array(32).fill(fill);

describe('security 6: the format of a key', () => {
  it('fits the published regular expression, whatever the bytes', () => {
    const published = new RegExp(newApiKeyReply.properties.apiKeyId.pattern);
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (bytes) => {
        expect(formatApiKeyId('ak', 'lACE8kgYxsahjbXnvy8w', bytes)).toMatch(published);
      }),
    );
  });

  it('has one text for each secret: all zeros, all ones, and known ones in between', () => {
    expect(formatApiKeyId('ak', 'app', secret(0))).toMatch(/^ak_app_0{43}/);
    const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
    const bytesIn = (digits: string) => {
      const number = [...digits].reduce((sum, digit) => sum * 62n + BigInt(alphabet.indexOf(digit)), 0n);
      return number.toString(16).padStart(64, '0');
    };
    const expectReadBack = (bytes: Uint8Array) => {
      expect(bytesIn(formatApiKeyId('ak', 'app', bytes).slice(7, 50))).toBe(Buffer.from(bytes).toString('hex'));
    };
    expectReadBack(secret(255));
    fc.assert(fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), expectReadBack));
  });

  it('ends in the CRC-32 of all before it, so that it is the same everywhere', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (bytes) => {
        const apiKeyId = formatApiKeyId('ak', 'app', bytes);
        expect(apiKeyId.slice(-6)).toBe(crcInBase62(apiKeyId.slice(0, -6)));
      }),
    );
  });

  it.each([0, 16, 31, 33])('is not made of %i bytes', (length) => {
    expect(() => formatApiKeyId('ak', 'app', new Uint8Array(length))).toThrow(new RangeError('a secret has 32 bytes'));
  });
});

describe('security 6: what somebody presents as a key', () => {
  const key = formatApiKeyId('my_ak', 'lACE8kgYxsahjbXnvy8w', secret(7));

  it('is read if it was made here, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (bytes) => {
        const apiKeyId = formatApiKeyId('ak', 'app1', bytes);
        expect(parseApiKeyId(apiKeyId, ['other', 'ak'])).toEqual({ apiKeyId, appId: 'app1' });
      }),
    );
    expect(parseApiKeyId(key, ['my_ak'])).toEqual({ apiKeyId: key, appId: 'lACE8kgYxsahjbXnvy8w' });
  });

  it('is none with any one character changed, missing, added or swapped', () => {
    for (let at = 0; at < key.length; at += 1) {
      const other = key[at] === 'x' ? 'y' : 'x';
      const swapped = `${key.slice(0, at)}${key[at + 1] ?? ''}${key[at]}${key.slice(at + 2)}`;
      const wrong = [
        `${key.slice(0, at)}${other}${key.slice(at + 1)}`,
        `${key.slice(0, at)}${key.slice(at + 1)}`,
        `${key.slice(0, at)}${other}${key.slice(at)}`,
        ...(swapped === key ? [] : [swapped]),
      ];
      for (const text of wrong) expect(parseApiKeyId(text, ['my_ak'])).toBeUndefined();
    }
  });

  it.each([[], ['ak'], ['my'], ['my_a'], ['my_ak_'], ['MY_AK'], ['']])('is none of the prefix %j', (...prefixes) => {
    expect(parseApiKeyId(key, prefixes)).toBeUndefined();
  });
});

it('what has the outer form of a key looks like one, whatever its prefix and checksum', () => {
  const outer = `other_app_${'x'.repeat(49)}`;
  expect([outer, `${outer}x`, outer.slice(1), outer.slice(5), ''].map(looksLikeApiKeyId)).toEqual([
    ...[true, false, true, false, false],
  ]);
});

describe('whether a value is worth parsing', () => {
  const longest = formatApiKeyId('p'.repeat(32), 'a'.repeat(64), secret(7));

  it.each([longest, 'x', ''])('%j is: it is no longer than the longest key', (text) => {
    expect(mayBeApiKeyId(text)).toBe(true);
  });

  it.each([`${longest}x`, undefined, null, 7, ['x']])('%j is not', (value) => {
    expect(mayBeApiKeyId(value)).toBe(false);
  });
});

describe('a text', () => {
  const held = `ak_app1_${'x'.repeat(49)}`;
  const encoded = [...held].map((character) => `%${character.charCodeAt(0).toString(16)}`).join('');

  it.each([
    ...[held, ` ${held}\n`, `my key: ${held}.`, `${held}${held}`, `${held}x`, `x${held}`, `my_${held}`],
    ...[`?apiKey=${held}&x`, `%20${held}%0A`, held.replaceAll('_', '%5F'), held.replaceAll('_', '%5f')],
    ...[encoded, encoded.replaceAll('%', '%25'), encoded.replaceAll('%', '%2525'), `100 %${encoded}%E0%A4%A`],
    `a_b_${'1'.repeat(64)}_${'x'.repeat(49)}`,
  ])('holds a key: %j', (text) => {
    expect(holdsApiKeyId(text)).toBe(true);
  });

  it('shows none of the keys that it holds', () => {
    expect(withoutApiKeys(`first ${held}, then ${held}.`)).toBe('first a[API key], then a[API key].');
    expect(withoutApiKeys('a_b_c')).toBe('a_b_c');
  });

  it.each([
    ...['', 'x', '_', 'ak', 'a_b_c', held.slice(0, -1), held.replaceAll('_', '-'), held.slice(3), `__${held.slice(3)}`],
    ...[held.replaceAll('_', '__'), held.replace('app1', 'é'), '%', '%25', '%5F', '%ZZ', `ak_${'a'.repeat(65)}`],
    ...['repo:owner/name:ref:refs/heads/a_b_c', 'x'.repeat(255), '%25'.repeat(5_000), 'a_'.repeat(8_000)],
  ])('holds none: %j', (text) => {
    expect(holdsApiKeyId(text)).toBe(false);
  });
});

it("the handle is the published one: HERE's known answer", () => {
  const handle = handleOf('2MZr9AInTFk45NAU8ClIza2Yw7w_AXyUyM4ChvtO7bY' as ApiKeyId);
  expect(handle).toBe('ygfDVbZc7vJQTRGjC5-YXZbuwWwxFu4FxD5SsWbp-no');
});

/** By Node's own CRC-32. */
function crcInBase62(text: string): string {
  let rest = crc32(text);
  let digits = '';
  for (let index = 0; index < 6; index += 1) {
    digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'.charAt(rest % 62) + digits;
    rest = Math.floor(rest / 62);
  }
  return digits;
}
