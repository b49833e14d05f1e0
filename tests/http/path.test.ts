import { expect, it } from 'vitest';
import type { KeyHandle } from '../../lib/domain/api-key-id.ts';
import { issuerInPath, keyInPath, principalInPath } from '../../lib/http/path.ts';
import { handle, refusalOf } from '../support/apps.ts';

const at = (pathParameters: Record<string, string> | null) => ({ event: { pathParameters } });
const sourceOf = (act: () => unknown) => refusalOf(act).parts.details?.[0]?.source;

it('a path without parameters names no key, no principal and no issuer', () => {
  const call = { ...at(null), app: { realm: 'myrealm', appId: 'app' }, settings: { partition: 'here' } };
  expect(keyInPath(call)).toBeUndefined();
  expect(sourceOf(() => principalInPath(at(null)))).toBe('$.principal');
  expect(sourceOf(() => issuerInPath(at(null)))).toBe('$.issuer');
});

it('a path names them encoded', () => {
  const apiKey = encodeURIComponent(`hrn:here:account::myrealm:apikey/${handle('a')}`);
  const call = { ...at({ apiKey }), app: { realm: 'myrealm', appId: 'app' }, settings: { partition: 'here' } };
  expect(keyInPath(call)).toBe<KeyHandle>(handle('a'));
  expect(principalInPath(at({ principal: 'a%20b%2Fc' }))).toBe('a b/c');
  expect(issuerInPath(at({ issuer: 'https%3A%2F%2Fissuer.example.com%2F' }))).toBe('https://issuer.example.com/');
});
