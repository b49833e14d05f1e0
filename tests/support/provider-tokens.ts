import type { JWTHeaderParameters } from 'jose';

/** A token in the shape that a provider documents, and what the service makes of it. */
export interface ProviderToken {
  /** the provider's heading in docs/identity.md */
  readonly provider: string;
  readonly kind: string;
  readonly claims: Readonly<Record<string, unknown>>;
  readonly header?: Partial<JWTHeaderParameters>;
  /** whom the token names; without it, the token is rejected */
  readonly principal?: string;
  /** the permissions that count for something */
  readonly permissions?: readonly string[];
}

const cognito = {
  iss: 'https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_Example',
  version: 2,
  jti: 'j',
};
const entra = {
  iss: 'https://login.microsoftonline.com/aaaabbbb-0000-cccc-1111-dddd2222eeee/v2.0',
  tid: 'aaaabbbb-0000-cccc-1111-dddd2222eeee',
  aud: '6e74172b-be56-4843-9ff4-e66a39bb12e3',
  azp: 'a1b2',
  ver: '2.0',
};
const okta = { iss: 'https://acme.okta.com/oauth2/default', ver: 1, jti: 'AT.MNAo' };
const auth0 = { iss: 'https://acme.eu.auth0.com/' };
const keycloak = { iss: 'https://sso.example.com/realms/acme', azp: 'web', sid: 's', acr: '1' };
const google = {
  iss: 'https://accounts.google.com',
  aud: 'https://appkeys.example.com',
  azp: '107517467455664443766',
  sub: '107517467455664443766',
  email_verified: true,
};
const github = {
  iss: 'https://token.actions.githubusercontent.com',
  aud: 'appkeys',
  repository: 'acme/api',
  repository_id: '7',
  repository_owner: 'acme',
  repository_owner_id: '42',
  job_workflow_ref: 'acme/api/.github/workflows/deploy.yml@refs/heads/main',
};
const sts = {
  iss: 'https://abc123-def456-ghi789-jkl012.tokens.sts.global.api.aws',
  aud: 'https://appkeys.example.com',
  sub: 'arn:aws:iam::123456789012:role/DataProcessingRole',
  jti: 'xyz123',
};
const stsClaims = { aws_account: '123456789012', source_region: 'us-east-1', principal_tags: { team: 'data' } };
const zitadel = { iss: 'https://acme.zitadel.cloud', sub: '163840776835432705', aud: ['2345@proj', '69234'] };
const write = 'account:write:hrn:here:account::myrealm:app/lACE8kgYxsahjbXnvy8w';

/** For the entries of docs/identity.md. */
export const providerTokens: readonly ProviderToken[] = [
  {
    provider: 'Amazon Cognito',
    kind: 'access token of a user',
    claims: {
      ...cognito,
      sub: 'f02e777c-489d-43c5-806d-2e6c06c9a355',
      'cognito:groups': ['platform-admins'],
      client_id: '5bsjexample',
      token_use: 'access',
      scope: 'appkeys/account:verify openid',
      username: 'ann',
    },
    principal: 'ann',
    permissions: ['account:verify', 'account:createApp', 'account:manage:hrn:here:account::myrealm:app/*'],
  },
  {
    provider: 'Amazon Cognito',
    kind: 'access token of a machine client',
    claims: {
      ...cognito,
      sub: '7xyzexample',
      client_id: '7xyzexample',
      token_use: 'access',
      scope: 'appkeys/account:createApp',
    },
    principal: '7xyzexample',
    permissions: ['account:createApp'],
  },
  {
    provider: 'Amazon Cognito',
    kind: 'access token of another client of the pool',
    claims: { ...cognito, sub: 's', client_id: 'other', token_use: 'access', username: 'ann', scope: 'openid' },
  },
  {
    provider: 'Amazon Cognito',
    kind: 'ID token',
    claims: {
      ...cognito,
      sub: 'f02e777c-489d-43c5-806d-2e6c06c9a355',
      aud: '5bsjexample',
      token_use: 'id',
      'cognito:groups': ['platform-admins'],
      'cognito:username': 'ann',
    },
  },
  {
    provider: 'Microsoft Entra ID',
    kind: 'delegated access token, version 2',
    claims: {
      ...entra,
      azpacr: '0',
      name: 'Ann',
      oid: '690222be-ff1a-4d56-abd1-7e4f7d38e474',
      preferred_username: 'ann@example.com',
      roles: ['account:createApp'],
      scp: 'access_as_user',
      sub: 'HKZpfaHyWadeOouYlitjrI-KffTm222X5rrV3xDqfKQ',
    },
    principal: 'entra:690222be-ff1a-4d56-abd1-7e4f7d38e474',
    permissions: ['account:createApp'],
  },
  {
    provider: 'Microsoft Entra ID',
    kind: 'app-only access token whose audience is the URI',
    claims: {
      ...entra,
      aud: 'api://6e74172b-be56-4843-9ff4-e66a39bb12e3',
      idtyp: 'app',
      oid: '11111111-ff1a-4d56-abd1-7e4f7d38e474',
      roles: ['account:createApp'],
      sub: '11111111-ff1a-4d56-abd1-7e4f7d38e474',
    },
    principal: 'entra:11111111-ff1a-4d56-abd1-7e4f7d38e474',
    permissions: ['account:createApp'],
  },
  {
    provider: 'Microsoft Entra ID',
    kind: 'ID token',
    claims: {
      ...entra,
      nonce: '678910',
      oid: '690222be-ff1a-4d56-abd1-7e4f7d38e474',
      sub: 'HKZpfaHy',
      rh: 'r',
      uti: 'u',
    },
  },
  {
    provider: 'Okta',
    kind: 'access token of a user',
    claims: {
      ...okta,
      aud: 'api://default',
      sub: 'ann+ops@example.com',
      cid: '0oa1',
      uid: '00u1',
      scp: ['openid', 'account:createApp'],
      groups: ['Everyone', 'platform-admins'],
    },
    principal: 'okta:ann+ops@example.com',
    permissions: ['account:createApp', 'account:manage:*'],
  },
  {
    provider: 'Okta',
    kind: 'access token of a machine client',
    claims: { ...okta, aud: 'api://default', sub: '0oa1', cid: '0oa1', scp: ['account:createApp'] },
    principal: 'okta:0oa1',
    permissions: ['account:createApp'],
  },
  {
    provider: 'Okta',
    kind: 'ID token',
    claims: { ...okta, aud: '0oa1', sub: '00u1', at_hash: 'h', amr: ['pwd'], idp: '0oi', nonce: 'n' },
  },
  {
    provider: 'Auth0',
    kind: 'access token of a user, with RBAC',
    claims: {
      ...auth0,
      sub: 'auth0|5f7c8ec7c33c6c004bbafe82',
      aud: ['https://appkeys.example.com', 'https://acme.eu.auth0.com/userinfo'],
      azp: 'client',
      scope: 'openid profile email',
      permissions: ['account:createApp'],
    },
    principal: 'auth0:auth0|5f7c8ec7c33c6c004bbafe82',
    permissions: ['account:createApp'],
  },
  {
    provider: 'Auth0',
    kind: 'access token of a machine client, RFC 9068 profile',
    header: { typ: 'at+jwt' },
    claims: {
      ...auth0,
      sub: 'K7xyz@clients',
      aud: 'https://appkeys.example.com',
      client_id: 'K7xyz',
      scope: 'account:createApp',
      permissions: ['account:createApp'],
    },
    principal: 'auth0:K7xyz@clients',
    permissions: ['account:createApp'],
  },
  {
    provider: 'Auth0',
    kind: 'ID token',
    claims: { ...auth0, sub: 'auth0|5f7c8ec7c33c6c004bbafe82', aud: 'client', nonce: 'n', sid: 's' },
  },
  {
    provider: 'Keycloak',
    kind: 'access token of a user',
    claims: {
      ...keycloak,
      typ: 'Bearer',
      aud: ['appkeys', 'account'],
      sub: 'df053ed9-a9ce-41bf-9143-85e75ee2657c',
      realm_access: { roles: ['offline_access', 'account:verify'] },
      resource_access: { appkeys: { roles: ['account:createApp'] } },
      scope: 'openid email profile',
      preferred_username: 'ann',
    },
    principal: 'keycloak:df053ed9-a9ce-41bf-9143-85e75ee2657c',
    permissions: ['account:createApp'],
  },
  {
    provider: 'Keycloak',
    kind: 'access token of a service account, before version 25 with a nonce',
    claims: { ...keycloak, typ: 'Bearer', aud: 'appkeys', sub: 'service', nonce: 'n', client_id: 'ci' },
    principal: 'keycloak:service',
    permissions: [],
  },
  {
    provider: 'Keycloak',
    kind: 'ID token of the client itself',
    claims: { ...keycloak, typ: 'ID', aud: 'appkeys', sub: 'df053ed9', at_hash: 'h', nonce: 'n' },
  },
  {
    provider: 'Keycloak',
    kind: 'access token without the audience',
    claims: { ...keycloak, typ: 'Bearer', aud: 'account', sub: 'df053ed9' },
  },
  {
    provider: 'Google',
    kind: 'ID token of the service account',
    claims: { ...google, email: 'ci@project.iam.gserviceaccount.com' },
    principal: 'google:ci@project.iam.gserviceaccount.com',
    permissions: [],
  },
  {
    provider: 'Google',
    kind: 'ID token of somebody else',
    claims: { ...google, email: 'mallory@other.iam.gserviceaccount.com' },
  },
  {
    provider: 'GitHub Actions',
    kind: 'token of a workflow in an environment',
    claims: {
      ...github,
      sub: 'repo:acme/api:environment:Production%3AV1',
      ref: 'refs/heads/main',
      environment: 'Production:V1',
    },
    principal: 'github:repo:acme/api:environment:Production%3AV1',
    permissions: [write],
  },
  {
    provider: 'GitHub Actions',
    kind: 'token whose subject has IDs, of another branch',
    claims: { ...github, sub: 'repo:acme@42/api@7:ref:refs/heads/test', ref: 'refs/heads/test' },
    principal: 'github:repo:acme@42/api@7:ref:refs/heads/test',
    permissions: [],
  },
  {
    provider: 'GitHub Actions',
    kind: 'token of a repository of another owner with the same names',
    claims: { ...github, sub: 'repo:acme/api:ref:refs/heads/main', ref: 'refs/heads/main', repository_owner_id: '666' },
  },
  {
    provider: 'AWS STS',
    kind: 'web identity token of a role',
    claims: { ...sts, 'https://sts.amazonaws.com/': { ...stsClaims, org_id: 'o-abc1234567' } },
    principal: 'aws:arn:aws:iam::123456789012:role/DataProcessingRole',
    permissions: [],
  },
  {
    provider: 'AWS STS',
    kind: 'web identity token without the organization',
    claims: { ...sts, 'https://sts.amazonaws.com/': stsClaims },
  },
  {
    provider: 'Zitadel',
    kind: 'access token of a user',
    claims: {
      ...zitadel,
      'urn:zitadel:iam:user:resourceowner:id': '69234237810729019',
      'urn:zitadel:iam:org:project:roles': { 'account:createApp': { '69234237810729019': 'acme.zitadel.cloud' } },
    },
    principal: 'zitadel:163840776835432705',
    permissions: ['account:createApp'],
  },
  {
    provider: 'Zitadel',
    kind: 'ID token',
    claims: { ...zitadel, amr: ['pwd'], at_hash: 'h', nonce: 'n', azp: '2345@proj' },
  },
];
