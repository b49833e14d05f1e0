export type QueryParameter = 'limit' | 'pageToken' | 'action' | 'overAge' | 'due';

/** What a function knows about its operation. An operation without `method` and `path` is invoked directly. */
export interface Route {
  readonly id: string;
  readonly method?: 'get' | 'post' | 'put' | 'patch' | 'delete';
  readonly path?: string;
  /**
   * What the caller needs: a right on the application in the path, a permission in the token, a right on any
   * application (`list`), an API key in the body (`key`), or nothing.
   */
  readonly access: 'read' | 'write' | 'manage' | 'createApp' | 'verify' | 'list' | 'key' | 'public' | 'invoke';
  /** A missing body counts as `{}`. */
  readonly isBodyOptional?: boolean;
  /** Verifies requests of others, at their pace. So it has no rate limit for its caller, and no audit line. */
  readonly isVerification?: boolean;
  /** The query parameters that the operation accepts. */
  readonly query?: readonly QueryParameter[];
  /** A page for people, whose files are at `{path}/{file}`. */
  readonly isPage?: boolean;
  /** Accepts an Idempotency-Key. */
  readonly isRepeatable?: boolean;
  /** Can take access away from keys. The response then says from when no verifier accepts them. */
  readonly isRevocation?: boolean;
}

export const generateApiKey = {
  id: 'generateApiKey',
  method: 'post',
  path: '/apps/{app}/apiKeys',
  access: 'write',
  isRepeatable: true,
} as const satisfies Route;

export const generateApiKeyDirect = {
  id: 'generateApiKeyDirect',
  access: 'invoke',
} as const satisfies Route;

export const listApiKeys = {
  id: 'listApiKeys',
  method: 'get',
  path: '/apps/{app}/apiKeys',
  access: 'read',
  query: ['limit', 'pageToken', 'overAge'],
} as const satisfies Route;

export const getApiKey = {
  id: 'getApiKey',
  method: 'get',
  path: '/apps/{app}/apiKeys/{apiKey}',
  access: 'read',
} as const satisfies Route;

export const updateApiKey = {
  id: 'updateApiKey',
  method: 'patch',
  path: '/apps/{app}/apiKeys/{apiKey}',
  access: 'write',
  isRevocation: true,
} as const satisfies Route;

export const enableApiKey = {
  id: 'enableApiKey',
  method: 'post',
  path: '/apps/{app}/apiKeys/{apiKey}/enable',
  access: 'write',
} as const satisfies Route;

export const disableApiKey = {
  id: 'disableApiKey',
  method: 'post',
  path: '/apps/{app}/apiKeys/{apiKey}/disable',
  access: 'write',
  isRevocation: true,
} as const satisfies Route;

export const deleteApiKey = {
  id: 'deleteApiKey',
  method: 'delete',
  path: '/apps/{app}/apiKeys/{apiKey}',
  access: 'write',
  isRevocation: true,
} as const satisfies Route;

export const deleteApiKeys = {
  id: 'deleteApiKeys',
  method: 'delete',
  path: '/apps/{app}/apiKeys',
  access: 'write',
  isRevocation: true,
} as const satisfies Route;

export const rotateApiKey = {
  id: 'rotateApiKey',
  method: 'post',
  path: '/apps/{app}/apiKeys/{apiKey}/rotate',
  access: 'write',
  isBodyOptional: true,
  isRepeatable: true,
  isRevocation: true,
} as const satisfies Route;

export const revokeApiKey = {
  id: 'revokeApiKey',
  method: 'post',
  path: '/apiKeys/revoke',
  access: 'key',
  isRevocation: true,
} as const satisfies Route;

export const verifyApiKey = {
  id: 'verifyApiKey',
  method: 'post',
  path: '/apiKeys/verify',
  access: 'verify',
  isVerification: true,
} as const satisfies Route;

export const verifyApiKeyDirect = {
  id: 'verifyApiKeyDirect',
  access: 'invoke',
  isVerification: true,
} as const satisfies Route;

export const createApp = {
  id: 'createApp',
  method: 'post',
  path: '/apps',
  access: 'createApp',
  isRepeatable: true,
} as const satisfies Route;

export const listApps = {
  id: 'listApps',
  method: 'get',
  path: '/apps',
  access: 'list',
  query: ['limit', 'pageToken', 'action', 'due'],
} as const satisfies Route;

export const getApp = {
  id: 'getApp',
  method: 'get',
  path: '/apps/{app}',
  access: 'read',
} as const satisfies Route;

export const updateApp = {
  id: 'updateApp',
  method: 'patch',
  path: '/apps/{app}',
  access: 'write',
  isRevocation: true,
} as const satisfies Route;

export const deleteApp = {
  id: 'deleteApp',
  method: 'delete',
  path: '/apps/{app}',
  access: 'manage',
  isRevocation: true,
} as const satisfies Route;

export const listGrants = {
  id: 'listGrants',
  method: 'get',
  path: '/apps/{app}/grants',
  access: 'manage',
} as const satisfies Route;

export const putGrant = {
  id: 'putGrant',
  method: 'put',
  path: '/apps/{app}/grants/{principal}',
  access: 'manage',
} as const satisfies Route;

export const deleteGrant = {
  id: 'deleteGrant',
  method: 'delete',
  path: '/apps/{app}/grants/{principal}',
  access: 'manage',
} as const satisfies Route;

export const listIssuers = {
  id: 'listIssuers',
  method: 'get',
  path: '/apps/{app}/issuers',
  access: 'read',
} as const satisfies Route;

export const putIssuer = {
  id: 'putIssuer',
  method: 'put',
  path: '/apps/{app}/issuers/{issuer}',
  access: 'manage',
} as const satisfies Route;

export const deleteIssuer = {
  id: 'deleteIssuer',
  method: 'delete',
  path: '/apps/{app}/issuers/{issuer}',
  access: 'manage',
} as const satisfies Route;

export const getRoot = {
  id: 'getRoot',
  method: 'get',
  path: '/',
  access: 'public',
} as const satisfies Route;

export const getOpenapi = {
  id: 'getOpenapi',
  method: 'get',
  path: '/openapi.json',
  access: 'public',
} as const satisfies Route;

export const getDocs = {
  id: 'getDocs',
  method: 'get',
  path: '/docs',
  access: 'public',
  isPage: true,
} as const satisfies Route;

export const getConsole = {
  id: 'getConsole',
  method: 'get',
  path: '/console',
  access: 'public',
  isPage: true,
} as const satisfies Route;
