import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { projectFolder } from '../infra/local/folders.ts';
import { usualJwksUri } from '../infra/settings/discovery.ts';
import { readStageSettings } from '../infra/settings/stage-settings.ts';
import type { Caller } from '../lib/domain/policy.ts';
import { createTokenVerifier, type TokenVerifier } from '../lib/service/http/token-verifier.ts';
import { type ProviderToken, providerTokens } from './support/provider-tokens.ts';
import { testIssuer } from './support/settings.ts';

const page = readFileSync(join(projectFolder, 'docs/identity.md'), 'utf8');
/** The heading and the text of each section that has an entry to paste. */
const sections = page
  .split(/^## /m)
  .map((section) => /^(.+)\n((?:.|\n)*```yaml\n(- (?:.|\n)*?)```(?:.|\n)*)/.exec(section))
  .flatMap((match) => (match ? [{ provider: match[1] ?? '', text: match[2] ?? '', entry: match[3] ?? '' }] : []));

const keyId = 'k1';
const algorithm = 'RS256';
let sign: (token: Pick<ProviderToken, 'claims' | 'header'>) => Promise<string>;
let keySet: string;

beforeAll(async () => {
  const { privateKey, publicKey } = await generateKeyPair(algorithm);
  const now = Math.floor(Date.now() / 1_000);
  keySet = JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid: keyId, alg: algorithm, use: 'sig' }] });
  sign = ({ claims, header }) =>
    new SignJWT({ iat: now, exp: now + 300, ...claims })
      .setProtectedHeader({ alg: algorithm, kid: keyId, typ: 'JWT', ...header })
      .sign(privateKey);
});

async function* keys() {
  yield Buffer.from(keySet);
}

const verifierOf = (issuers: Parameters<typeof createTokenVerifier>[0]['issuers']): TokenVerifier =>
  createTokenVerifier({ issuers, issuerKeys: { maxStaleSeconds: 600 } }, async () => ({ status: 200, body: keys() }));

describe('infra/settings/example.yml', () => {
  it('has the entries of docs/identity.md, in their order', () => {
    const { issuers } = parse(readFileSync(join(projectFolder, 'infra/settings/example.yml'), 'utf8'));
    expect(sections.flatMap(({ entry }) => parse(entry))).toEqual(issuers);
  });

  it('pins the address of the keys of each provider, as a message without a network names it', async () => {
    const { issuers } = await readStageSettings(join(projectFolder, 'infra/settings/example.yml'));
    expect(issuers).toHaveLength(9);
    for (const { issuer, jwksUri } of issuers) expect(usualJwksUri(issuer)).toBe(jwksUri);
  });
});

describe('docs/identity.md', () => {
  const providers = [...new Set(providerTokens.map(({ provider }) => provider))];

  it('has a section for each provider that is tested', () => {
    expect(sections.map(({ provider }) => provider)).toEqual(providers);
  });

  it.each(sections)(
    '$provider: the tokens that it shows have claims of the tokens that are tested',
    ({ provider, text }) => {
      const tested = providerTokens.filter((token) => token.provider === provider && token.principal !== undefined);
      const known = new Set(tested.flatMap(({ claims }) => Object.keys(claims)));
      const shown = [...text.matchAll(/```json\n(.*?)\n```/gs)].map(([, token = '']) => Object.keys(JSON.parse(token)));
      expect(shown).not.toHaveLength(0);
      for (const claim of [...shown.flat()].filter((name) => name !== 'gty')) expect(known).toContain(claim);
    },
  );
});

describe('beside all other issuers of the realm', () => {
  let verify: TokenVerifier;

  beforeAll(async () => {
    verify = verifierOf((await readStageSettings(join(projectFolder, 'infra/settings/example.yml'))).issuers);
  });

  const accepted = providerTokens.filter(({ principal }) => principal !== undefined);
  it.each(accepted)('$provider, $kind: names $principal', async (token) => {
    const caller = await verify(await sign(token));
    expect(caller).toMatchObject({ principal: token.principal, realm: 'myrealm', issuer: token.claims.iss });
    expect(effective(caller)).toEqual(token.permissions);
  });

  const rejected = providerTokens.filter(({ principal }) => principal === undefined);
  it.each(rejected)('$provider, $kind: 401300', async (token) => {
    await expect(verify(await sign(token))).rejects.toMatchObject({ code: '401300' });
  });

  it('no provider can name a principal of another one', async () => {
    const claims = { ...accepted[0]?.claims, username: 'github:repo:acme/api:ref:refs/heads/main' };
    await expect(verify(await sign({ claims }))).rejects.toMatchObject({ code: '401300' });
  });
});

/** A provider's own scopes and roles, such as openid, give no right. */
const effective = ({ permissions }: Caller) => permissions.filter((permission) => permission.startsWith('account:'));

describe('other providers', () => {
  const common = { realm: 'myrealm', algorithms: [algorithm], jwksUri: 'https://issuer.example.com/keys' };
  const paths = { realm: ['rlm'], scope: ['scope'], permissions: ['permissions'] };

  it.each([
    {
      provider: 'Duende IdentityServer, a machine token without sub',
      entry: { audience: ['appkeys'], tokenType: 'at+jwt', claims: { ...paths, principal: ['sub', 'client_id'] } },
      header: { typ: 'at+jwt' },
      claims: { iss: 'https://id.example.com', aud: 'appkeys', client_id: 'ci', scope: ['appkeys.read'] },
      principal: 'ci',
    },
    {
      provider: 'Kubernetes, a service account of one namespace',
      entry: {
        audience: ['appkeys'],
        require: { '/kubernetes.io/namespace': 'ci' },
        claims: { ...paths, principal: ['sub'] },
      },
      header: {},
      claims: {
        iss: 'https://kubernetes.example.com',
        aud: ['appkeys'],
        sub: 'system:serviceaccount:ci:deployer',
        'kubernetes.io': { namespace: 'ci', serviceaccount: { name: 'deployer', uid: 'u' } },
      },
      principal: 'system:serviceaccount:ci:deployer',
    },
    {
      provider: 'Microsoft Entra ID, version 1',
      entry: { audience: ['api://6e74172b'], claims: { ...paths, principal: ['oid'], permissions: ['roles'] } },
      header: {},
      claims: {
        iss: 'https://sts.windows.net/72f988bf/',
        aud: 'api://6e74172b',
        oid: 'o',
        scp: 'access_as_user',
        ver: '1.0',
      },
      principal: 'o',
    },
    {
      provider: 'Supabase, a nested role',
      entry: {
        audience: ['authenticated'],
        claims: { ...paths, principal: ['sub'], permissions: ['/app_metadata/permissions'] },
      },
      header: {},
      claims: {
        iss: 'https://abc.supabase.co/auth/v1',
        aud: 'authenticated',
        sub: 'u',
        app_metadata: { permissions: ['account:verify'] },
      },
      principal: 'u',
      permissions: ['account:verify'],
    },
    {
      provider: 'Clerk, without aud',
      entry: { audience: ['https://app.example.com'], audienceClaim: 'azp', claims: { ...paths, principal: ['sub'] } },
      header: {},
      claims: { iss: 'https://clerk.example.com', azp: 'https://app.example.com', sub: 'user_1', sid: 'sess' },
      principal: 'user_1',
    },
    {
      provider: 'Ory Hydra, nested claims',
      entry: { audience: ['appkeys'], claims: { ...paths, principal: ['sub'], permissions: ['/ext/permissions'] } },
      header: {},
      claims: {
        iss: 'https://hydra.example.com/',
        aud: ['appkeys'],
        sub: 'foo',
        scp: ['offline'],
        ext: { permissions: ['account:verify'] },
      },
      principal: 'foo',
      permissions: ['account:verify'],
    },
  ])('$provider: names $principal', async ({ entry, header, claims, principal, permissions = [] }) => {
    const verify = verifierOf([testIssuer({ ...common, issuer: claims.iss, ...entry })]);
    const caller = await verify(await sign({ claims, header }));
    expect(caller).toMatchObject({ principal, realm: 'myrealm' });
    expect(effective(caller)).toEqual(permissions);
  });
});
