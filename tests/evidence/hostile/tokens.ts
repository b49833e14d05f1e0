import { createHmac, KeyObject, sign } from 'node:crypto';
import fc from 'fast-check';
import type { TestIssuer } from '../../support/issuer.ts';
import { anyJson, anyText, mostly } from './values.ts';
import { type AppName, appHrnOf, appNamed, appNames, realmOf } from './world.ts';

/** What a token says, and how it is signed. `claims` is JSON, which may be broken. */
export interface TokenPlan {
  readonly header: Readonly<Record<string, unknown>>;
  readonly claims: string;
  readonly signature: Signature;
}

const signatures = ['right', 'of another key', 'hmac with the public key', 'empty', 'garbage', 'der'] as const;
type Signature = (typeof signatures)[number];

export const issuerUrl = 'https://issuer.test';
const never = 4_102_444_800;
const rightHeader = { alg: 'ES256', kid: `${issuerUrl}-key` };
const everything = ['account:createApp', 'account:verify', 'account:manage:*'];

const projectScope = 'hrn:here:authorization::myrealm:project/p';
const rightClaims = fc
  .record({
    sub: fc.constantFrom('manager', 'manager', 'manager', 'writer', 'reader', 'nobody'),
    rlm: mostly(fc.constant('myrealm'), fc.constant('other'), 12),
    scope: mostly<string | undefined>(fc.constant(undefined), fc.constantFrom(`openid ${projectScope}`, 'openid'), 16),
    permissions: fc.constantFrom<string[]>(
      everything,
      everything,
      [],
      ['account:createApp', 'account:verify'],
      ['account:read:*'],
    ),
  })
  .map((claims) => ({ iss: issuerUrl, aud: 'appkeys', exp: never, iat: 1, ...claims }) as Record<string, unknown>);

const wrongClaim = fc.oneof(
  fc.tuple(fc.constantFrom('sub', 'rlm', 'iss', 'aud', 'exp', 'nbf', 'iat', 'scope', 'permissions'), anyJson),
  fc.tuple(fc.constantFrom('sub', 'rlm', 'iss'), anyText),
  fc.tuple(
    fc.constant('permissions'),
    fc.constantFrom<unknown>(
      'account:manage:*',
      ['*'],
      ['account:*'],
      ['account:manage:'],
      ['account:manage:hrn:here:account::third:app/*'],
      ['account:manage:hrn:here:account::myrealm:app/one'],
      ['account:read:hrn:here:account::myrealm:app/one', 'account:read:hrn:here:account::myrealm:app/\ud800'],
      Array.from({ length: 90 }, (_, nth) => `account:read:hrn:here:account::myrealm:app/x${nth}`),
      Array.from({ length: 2_000 }, (_, nth) => `account:read:${nth}`),
    ),
  ),
  fc.tuple(
    fc.constant('scope'),
    fc.constantFrom<unknown>(projectScope, ['openid', 'HRN:x:authorization:::project/p'], 'openid  profile', [
      [projectScope],
    ]),
  ),
  fc.constantFrom<[string, unknown]>(
    ['exp', undefined],
    ['exp', 1],
    ['exp', String(never)],
    ['nbf', never],
    ['nbf', 'x'],
    ['aud', ['other', 'appkeys']],
    ['aud', 'other'],
    ['iss', `${issuerUrl}/`],
    ['iss', 'https://other-issuer.test'],
    ['rlm', 'third'],
    ['sub', undefined],
  ),
);

const claims: fc.Arbitrary<string> = mostly(
  rightClaims.map((right) => JSON.stringify(right)),
  fc.oneof(
    fc.tuple(rightClaims, wrongClaim).map(([right, [name, value]]) => JSON.stringify({ ...right, [name]: value })),
    rightClaims.map((right) => JSON.stringify(right).replace(/}$/, ',"__proto__":{"sub":"manager"},"sub":"manager"}')),
    rightClaims.map((right) => JSON.stringify(right).replace('"sub"', '"sub":"manager","sub"')),
    anyJson.map((value) => JSON.stringify(value)),
    fc.constantFrom('', '{', '\u0000', '{"exp":1e999}', `{"iss":"${issuerUrl}","sub":"manager"`),
  ),
  6,
);

const foreignKey = {
  jku: 'https://evil.test/k',
  x5u: 'https://evil.test/x',
  jwk: { kty: 'oct', k: 'AA' },
  x5c: ['AA'],
};
const header: fc.Arbitrary<Readonly<Record<string, unknown>>> = mostly(
  fc.constant(rightHeader),
  fc.oneof(
    fc
      .constantFrom('none', 'None', 'HS256', 'RS256', 'ES384', 'EdDSA', '', 'dir')
      .map((alg) => ({ ...rightHeader, alg })),
    anyJson.map((alg) => ({ ...rightHeader, alg })),
    fc.oneof(anyText, anyJson).map((kid) => ({ ...rightHeader, kid })),
    fc
      .constantFrom<object>(
        foreignKey,
        { crit: ['exp'] },
        { crit: ['b64'], b64: false },
        { crit: [] },
        { typ: 'JWT' },
        { enc: 'A256GCM' },
        { zip: 'DEF' },
        { kid: undefined },
        { kid: 'https://other-issuer.test-key' },
      )
      .map((more) => ({ ...rightHeader, ...more })),
    fc.tuple(anyText, anyJson).map(([name, value]) => ({ ...rightHeader, [name]: value })),
  ),
  16,
);

export const token: fc.Arbitrary<TokenPlan> = fc.record({
  header,
  claims,
  signature: mostly(fc.constant<Signature>('right'), fc.constantFrom(...signatures), 20),
});

/** What stands in the Authorization header, `{{token}}` for the token. */
export const authorization: fc.Arbitrary<string> = mostly(
  fc.constant('Bearer {{token}}'),
  fc.oneof(
    fc.constantFrom(
      'bearer  {{token}} ',
      'BEARER {{token}}',
      'Bearer',
      'Bearer ',
      'Bearer\t{{token}}',
      'Basic {{token}}',
      '{{token}}',
      'Bearer {{token}},Bearer {{token}}',
      'Bearer {{token}}.{{token}}',
      'Bearer a.b',
      'Bearer a.b.c.d.e',
      'Bearer {{token}}\r\nX-Evil: 1',
      `Bearer ${'a'.repeat(8_193)}`,
      `Bearer eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0..aaaa.aaaa.aaaa`,
    ),
    anyText.map((text) => `Bearer ${text}`),
    anyText,
  ),
  20,
);

/** @returns the token in its compact form */
export function signPlan({ header, claims, signature }: TokenPlan, issuer: TestIssuer, other: TestIssuer): string {
  const signed = [JSON.stringify(header), claims].map((part) => Buffer.from(part).toString('base64url')).join('.');
  const by = ({ privateKey }: TestIssuer, dsaEncoding: 'ieee-p1363' | 'der') =>
    sign('sha256', Buffer.from(signed), { key: KeyObject.from(privateKey as never), dsaEncoding }).toString(
      'base64url',
    );
  const made: Record<Signature, () => string> = {
    right: () => by(issuer, 'ieee-p1363'),
    'of another key': () => by(other, 'ieee-p1363'),
    'hmac with the public key': () =>
      createHmac('sha256', JSON.stringify(issuer.publicJwk)).update(signed).digest('base64url'),
    empty: () => '',
    garbage: () => 'AAAA',
    der: () => by(issuer, 'der'),
  };
  return `${signed}.${made[signature]()}`;
}

interface Claims {
  readonly sub: string;
  readonly rlm: string;
  readonly scope?: unknown;
  readonly permissions?: unknown;
}

/** @returns what a token says, if it may be believed at all: written anew, without the service's own code */
export function believedClaims({ header, claims, signature }: TokenPlan): Claims | undefined {
  const isSigned = signature === 'right' && header.alg === 'ES256' && header.kid === rightHeader.kid;
  const said = isSigned && !('crit' in header) ? parsed(claims) : undefined;
  if (!said || said.iss !== issuerUrl || ![said.aud].flat().includes('appkeys')) return undefined;
  if (typeof said.exp !== 'number' || said.exp < 1e9) return undefined;
  return typeof said.sub === 'string' && ['myrealm', 'other'].includes(said.rlm) ? said : undefined;
}

// biome-ignore lint/suspicious/noExplicitAny: claims are whatever a hostile issuer writes
function parsed(text: string): any {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const strengths: Readonly<Record<string, number>> = { read: 1, write: 2, manage: 3 };

/** Whether what is believed gives that right on that application, which has none for anybody else. */
export function mayOn(said: Claims, name: AppName, needed: string): boolean {
  const app = appNamed(name);
  if (!app || app.status === 'deleted' || realmOf(name) !== said.rlm || isScopedToProject(said)) return false;
  const granted = Object.entries(app.grants).flatMap(([principal, actions]) => (principal === said.sub ? actions : []));
  const permitted = permissionsOf(said).flatMap((permission) => {
    const [, action = '', pattern = ''] = /^account:(read|write|manage):(.+)$/s.exec(permission) ?? [];
    const covers = pattern.endsWith('*') ? appHrnOf(name).startsWith(pattern.slice(0, -1)) : pattern === appHrnOf(name);
    return covers ? [action] : [];
  });
  return [...granted, ...permitted].some((action) => (strengths[action] ?? 0) >= (strengths[needed] ?? 9));
}

/** Whether what is believed holds a permission that is about no application. */
export function holds(said: Claims, permission: string): boolean {
  return permissionsOf(said).includes(permission) && !isScopedToProject(said);
}

export function isScopedToProject({ scope }: Claims): boolean {
  return /hrn:[^:]*:authorization:[^:]*:[^:]*:project\//i.test(JSON.stringify(scope) ?? '');
}

/** The claim is a list of texts, a text with white space between its parts, or an object, whose names count. */
function permissionsOf({ permissions }: Claims): string[] {
  if (typeof permissions === 'string') return permissions.split(/\s/);
  const listed = Array.isArray(permissions) ? permissions : Object.keys(permissions ?? {});
  return listed.every((one) => typeof one === 'string') ? listed : [];
}

/** @returns the text that a path segment holds once it is decoded */
export function textInSegment(segment: unknown): string {
  try {
    return decodeURIComponent(String(segment));
  } catch {
    return '';
  }
}

/** @returns the application of the world that an HRN names */
export function appNamedBy(hrn: unknown): AppName | undefined {
  return appNames.find((name) => appHrnOf(name) === hrn);
}

/** @returns the id that an HRN names, whether or not there is such an application */
export function appIdIn(hrn: unknown): string | undefined {
  if (typeof hrn !== 'string') return undefined;
  return /^hrn:here:account::[\w-]{1,64}:app\/([A-Za-z0-9]{1,64})$/.exec(hrn)?.[1];
}
