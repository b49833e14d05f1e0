import { beforeAll, describe, expect, it } from 'vitest';
import { anIssuer, type SignedTokens, signTokens, type TokenParts } from '../../support/signed-tokens.ts';

let tokens: SignedTokens;

beforeAll(async () => {
  tokens = await signTokens();
});

const accepts = (parts: TokenParts, entry = {}) =>
  expect(tokens.trusting(anIssuer(entry))(parts)).resolves.toMatchObject({ principal: 'demo' });
const rejects = (parts: TokenParts, cause: unknown, entry = {}) =>
  expect(tokens.trusting(anIssuer(entry))(parts)).rejects.toMatchObject({ code: '401300', cause });

describe('an access token is accepted', () => {
  it.each<[string, TokenParts]>([
    ['no mark', {}],
    ['the header typ JWT', { header: { typ: 'JWT' } }],
    ['the header typ at+jwt', { header: { typ: 'at+jwt' } }],
    ['the header typ application/at+jwt', { header: { typ: 'application/at+jwt' } }],
    ['typ "Bearer" of Keycloak', { claims: { typ: 'Bearer' } }],
    ['typ "Bearer" of Keycloak and a nonce', { claims: { typ: 'Bearer', nonce: 'n' } }],
    ['token_use "access" of Cognito', { claims: { token_use: 'access' } }],
    ['at+jwt and a nonce', { header: { typ: 'at+jwt' }, claims: { nonce: 'n' } }],
    ['an unknown token_use', { claims: { token_use: 'other' } }],
    ['a typ that is null', { claims: { typ: null } }],
    ['a typ that is a number', { claims: { typ: 1 } }],
    ['a nonce in the header', { header: { nonce: 'n' } }],
  ])('with %s', (_, parts) => accepts(parts));
});

const idTokens: [string, TokenParts][] = [
  ['typ "ID" of Keycloak', { claims: { typ: 'ID' } }],
  ['typ "ID" and a list of audiences', { claims: { typ: 'ID', aud: ['appkeys', 'x'] } }],
  ['typ "id"', { claims: { typ: 'id' } }],
  ['token_use "id" of Cognito', { claims: { token_use: 'id' } }],
  ['token_use "ID"', { claims: { token_use: 'ID' } }],
  ['token_use "id" in a list', { claims: { token_use: ['id'] } }],
  ['token_use "id", though typ is "Bearer"', { claims: { token_use: 'id', typ: 'Bearer' } }],
  ['typ "ID", though the header typ is at+jwt', { claims: { typ: 'ID' }, header: { typ: 'at+jwt' } }],
  ['at_hash', { claims: { at_hash: 'h' } }],
  ['c_hash', { claims: { c_hash: 'h' } }],
  ['s_hash', { claims: { s_hash: 'h' } }],
  ['nonce', { claims: { nonce: 'n' } }],
  ['an empty nonce', { claims: { nonce: '' } }],
  ['nonce, and the header typ JWT', { claims: { nonce: 'n' }, header: { typ: 'JWT' } }],
  ['at_hash, and an unknown token_use', { claims: { at_hash: 'h', token_use: 'other' } }],
];

describe('an ID token', () => {
  it.each(idTokens)('with %s is rejected', (_, parts) =>
    rejects(parts, 'the token is an ID token, not an access token'),
  );

  it.each(idTokens)('with %s is rejected where the entry says idToken: false', (_, parts) =>
    rejects(parts, 'the token is an ID token, not an access token', { idToken: false }),
  );

  it.each(idTokens)('with %s is accepted where the entry says idToken: true', (_, parts) =>
    accepts(parts, { idToken: true }),
  );
});

describe('a token for something else than access is rejected, also where ID tokens are accepted', () => {
  it.each<[string, TokenParts]>([
    ['typ "Refresh" of Keycloak', { claims: { typ: 'Refresh' } }],
    ['typ "Offline" of Keycloak', { claims: { typ: 'Offline' } }],
    ['typ "Logout" of Keycloak', { claims: { typ: 'Logout' } }],
    ['typ "Serialized-ID" of Keycloak', { claims: { typ: 'Serialized-ID' } }],
    ['typ "refresh" in a list', { claims: { typ: ['refresh'] } }],
    ['token_use "refresh"', { claims: { token_use: 'refresh' } }],
    ['token_use "refresh", though typ is "Bearer"', { claims: { token_use: 'refresh', typ: 'Bearer' } }],
    ['typ "Refresh", though the header typ is at+jwt', { claims: { typ: 'Refresh' }, header: { typ: 'at+jwt' } }],
    ['events', { claims: { events: { 'http://schemas.openid.net/event/backchannel-logout': {} } } }],
    ['events that are null', { claims: { events: null } }],
    ['events that are a list', { claims: { events: [] } }],
    ['the header typ logout+jwt', { header: { typ: 'logout+jwt' } }],
    ['the header typ application/logout+jwt', { header: { typ: 'application/logout+jwt' } }],
    ['the header typ Logout+JWT', { header: { typ: 'Logout+JWT' } }],
    ['the header typ APPLICATION/logout+jwt', { header: { typ: 'APPLICATION/logout+jwt' } }],
    ['the header typ secevent+jwt', { header: { typ: 'secevent+jwt' } }],
    ['the header typ dpop+jwt', { header: { typ: 'dpop+jwt' } }],
    ['the header typ oauth-authz-req+jwt', { header: { typ: 'oauth-authz-req+jwt' } }],
    ['the header typ token-introspection+jwt', { header: { typ: 'token-introspection+jwt' } }],
  ])('%s', async (_, parts) => {
    for (const idToken of [false, true])
      await rejects(parts, 'the token is a logout, refresh or other token, not an access token', { idToken });
  });
});

describe('tokenType', () => {
  it.each([
    ['at+jwt', 'at+jwt'],
    ['at+jwt', 'AT+JWT'],
    ['at+jwt', 'application/at+jwt'],
    ['application/at+jwt', 'at+jwt'],
    ['application/at+jwt', 'application/at+jwt'],
    ['JWT', 'jwt'],
  ])('%s accepts the header typ %s', (tokenType, typ) => accepts({ header: { typ } }, { tokenType }));

  it.each([
    ['at+jwt', 'JWT'],
    ['at+jwt', 'xat+jwt'],
    ['at+jwt', 'at+jwtx'],
    ['at+jwt', 'text/at+jwt'],
    ['at+jwt', ''],
    ['at+jwt', null],
    ['at+jwt', 1],
    ['at+jwt', ['at+jwt']],
    ['at+jwt', undefined],
    ['JWT', 'at+jwt'],
  ])('%s rejects the header typ %j', (tokenType, typ) =>
    rejects({ header: { typ } }, { code: 'ERR_JWT_CLAIM_VALIDATION_FAILED' }, { tokenType }),
  );

  it('does not make an access token of an ID token', async () => {
    const parts = { header: { typ: 'JWT' }, claims: { nonce: 'n' } };
    await rejects(parts, 'the token is an ID token, not an access token', { tokenType: 'JWT' });
  });
});

describe('a type that is no text says nothing', () => {
  const noTexts: [string, string][] = [
    ['an object that has no text', '{"toString":1,"valueOf":1}'],
    ['4,000 lists in each other', `${'['.repeat(4_000)}${']'.repeat(4_000)}`],
    ['true', 'true'],
  ];

  it.each(noTexts)('in the claim typ: %s', (_, json) => accepts({ claims: `"typ":${json}` }));

  it.each(noTexts)('in the claim token_use: %s', (_, json) => accepts({ claims: `"token_use":${json}` }));

  it.each(noTexts)('in the header: %s', (_, json) => accepts({ header: { typ: JSON.parse(json) } }));
});
