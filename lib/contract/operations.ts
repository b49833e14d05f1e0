import type { ErrorCode } from '../domain/errors.ts';
import {
  apiKeyReply,
  apiKeysReply,
  appReply,
  appsReply,
  createAppBody,
  generateApiKeyBody,
  generateApiKeyDirectPayload,
  grantReply,
  grantsReply,
  issuersReply,
  newApiKeyReply,
  putGrantBody,
  rotateApiKeyBody,
  updateApiKeyBody,
  updateAppBody,
  verificationReply,
  verifyApiKeyBody,
  verifyApiKeyDirectPayload,
} from './schemas.ts';

/** One call of the contract. Without `method` and `path` it is invoked directly. */
export interface Operation {
  readonly id: string;
  readonly method?: 'get' | 'post' | 'put' | 'patch' | 'delete';
  readonly path?: string;
  readonly summary: string;
  readonly description: string;
  /**
   * What the caller needs: a right on the application of the path, a permission in the token, any right on an
   * application (`list`), or nothing.
   */
  readonly access: 'read' | 'write' | 'manage' | 'createApp' | 'verify' | 'list' | 'public' | 'invoke';
  readonly body?: object;
  /** no body is as good as `{}` */
  readonly isBodyOptional?: boolean;
  /** asked about the requests of others, at their pace: not limited by its caller's rate; and no change to be audited */
  readonly isVerification?: boolean;
  /** takes `limit` and `pageToken` */
  readonly isPaged?: boolean;
  /** takes an Idempotency-Key */
  readonly isRepeatable?: boolean;
  /** without a schema the answer has no body */
  readonly reply: { readonly status: 200 | 201 | 204; readonly description: string; readonly schema?: object };
  /** errors that are the operation's own, beside those of its access, path and body */
  readonly errors: readonly ErrorCode[];
}

const newKey = { status: 201, description: 'The new API key, its secret included.', schema: newApiKeyReply } as const;
const key = { status: 200, description: 'The API key.', schema: apiKeyReply } as const;
const app = { status: 200, description: 'The application.', schema: appReply } as const;
const done = (description: string) => ({ status: 204, description }) as const;

const refusals = ['400337', '409303', '409305', '409306', '422409'] as const;

export const generateApiKey = {
  id: 'generateApiKey',
  method: 'post',
  path: '/apps/{app}/apiKeys',
  summary: 'Generate API Key',
  description:
    'Generates a new API key that you use for authenticating an application. The key itself is in the field apiKeyId, ' +
    'and is shown only in this answer. The field apiKey is its HRN, which is not usable as an API key in a request. ' +
    'A maximum of two API keys can be maintained per application; an expired key gives up its place.',
  access: 'write',
  body: generateApiKeyBody,
  isRepeatable: true,
  reply: newKey,
  errors: refusals,
} as const satisfies Operation;

export const generateApiKeyDirect = {
  id: 'generateApiKeyDirect',
  summary: 'Generate API Key, by direct invocation',
  description: 'The same for other Lambda functions: whoever IAM lets invoke it acts with manage in every realm.',
  access: 'invoke',
  body: generateApiKeyDirectPayload,
  reply: newKey,
  errors: ['400288', '404660', '429003', ...refusals],
} as const satisfies Operation;

export const listApiKeys = {
  id: 'listApiKeys',
  method: 'get',
  path: '/apps/{app}/apiKeys',
  summary: 'List API Keys',
  description: 'Lists the API keys of an application, the oldest first, without their secrets.',
  access: 'read',
  isPaged: true,
  reply: { status: 200, description: 'The API keys.', schema: apiKeysReply },
  errors: [],
} as const satisfies Operation;

export const getApiKey = {
  id: 'getApiKey',
  method: 'get',
  path: '/apps/{app}/apiKeys/{apiKey}',
  summary: 'Get API Key',
  description: 'Shows an API key, without its secret.',
  access: 'read',
  reply: key,
  errors: [],
} as const satisfies Operation;

export const updateApiKey = {
  id: 'updateApiKey',
  method: 'patch',
  path: '/apps/{app}/apiKeys/{apiKey}',
  summary: 'Update API Key',
  description: 'Changes the name of an API key, or when it expires. An expired key that is still there can be revived.',
  access: 'write',
  body: updateApiKeyBody,
  reply: key,
  errors: [],
} as const satisfies Operation;

export const enableApiKey = {
  id: 'enableApiKey',
  method: 'post',
  path: '/apps/{app}/apiKeys/{apiKey}/enable',
  summary: 'Enable API Key',
  description: 'Enables an API key; one that is enabled stays so.',
  access: 'write',
  reply: done('The API key is enabled.'),
  errors: [],
} as const satisfies Operation;

export const disableApiKey = {
  id: 'disableApiKey',
  method: 'post',
  path: '/apps/{app}/apiKeys/{apiKey}/disable',
  summary: 'Disable API Key',
  description: 'Disables an API key, which keeps its place; one that is disabled stays so.',
  access: 'write',
  reply: done('The API key is disabled.'),
  errors: [],
} as const satisfies Operation;

export const deleteApiKey = {
  id: 'deleteApiKey',
  method: 'delete',
  path: '/apps/{app}/apiKeys/{apiKey}',
  summary: 'Delete API Key',
  description: 'Deletes an API key for ever. Its place is free at once.',
  access: 'write',
  reply: done('The API key is deleted.'),
  errors: [],
} as const satisfies Operation;

export const deleteApiKeys = {
  id: 'deleteApiKeys',
  method: 'delete',
  path: '/apps/{app}/apiKeys',
  summary: 'Delete all API Keys',
  description: 'Deletes every API key of an application, in one write.',
  access: 'write',
  reply: done('The application has no API keys.'),
  errors: [],
} as const satisfies Operation;

export const rotateApiKey = {
  id: 'rotateApiKey',
  method: 'post',
  path: '/apps/{app}/apiKeys/{apiKey}/rotate',
  summary: 'Rotate API Key',
  description:
    "Generates a successor and ends the old API key, in one write. With an overlap both serve, which needs a free place; without, the successor takes the old key's place.",
  access: 'write',
  body: rotateApiKeyBody,
  isBodyOptional: true,
  isRepeatable: true,
  reply: { status: 201, description: 'The successor, its secret included.', schema: newApiKeyReply },
  errors: ['409304', ...refusals],
} as const satisfies Operation;

const verification = { status: 200, description: 'Whether the API key is valid.', schema: verificationReply } as const;

export const verifyApiKey = {
  id: 'verifyApiKey',
  method: 'post',
  path: '/apiKeys/verify',
  summary: 'Verify API Key',
  description:
    "Tells whether an API key that somebody presented is valid now, and whose it is; if it is not, why. A key of another realm than the caller's is unknown.",
  access: 'verify',
  isVerification: true,
  body: verifyApiKeyBody,
  reply: verification,
  errors: [],
} as const satisfies Operation;

export const verifyApiKeyDirect = {
  id: 'verifyApiKeyDirect',
  summary: 'Verify API Key, by direct invocation',
  description: 'The same for other Lambda functions: whoever IAM lets invoke it may ask about the keys of every realm.',
  access: 'invoke',
  isVerification: true,
  body: verifyApiKeyDirectPayload,
  reply: verification,
  errors: [],
} as const satisfies Operation;

export const createApp = {
  id: 'createApp',
  method: 'post',
  path: '/apps',
  summary: 'Create Application',
  description: "Creates an application in the caller's realm. The caller gets manage on it.",
  access: 'createApp',
  body: createAppBody,
  isRepeatable: true,
  reply: { status: 200, description: 'The new application.', schema: appReply },
  errors: ['404660', '409306', '422409'],
} as const satisfies Operation;

export const listApps = {
  id: 'listApps',
  method: 'get',
  path: '/apps',
  summary: 'List Applications',
  description: 'Lists the applications on which the caller has a right, the newest first. Eventually consistent.',
  access: 'list',
  isPaged: true,
  reply: { status: 200, description: 'The applications.', schema: appsReply },
  errors: [],
} as const satisfies Operation;

export const getApp = {
  id: 'getApp',
  method: 'get',
  path: '/apps/{app}',
  summary: 'Get Application',
  description: 'Shows an application as it is now.',
  access: 'read',
  reply: app,
  errors: [],
} as const satisfies Operation;

export const updateApp = {
  id: 'updateApp',
  method: 'patch',
  path: '/apps/{app}',
  summary: 'Update Application',
  description: 'Changes name, description or status. API keys of a deactivated application are refused.',
  access: 'write',
  body: updateAppBody,
  reply: app,
  errors: [],
} as const satisfies Operation;

export const deleteApp = {
  id: 'deleteApp',
  method: 'delete',
  path: '/apps/{app}',
  summary: 'Delete Application',
  description: 'Deletes an application for ever, and with it all its API keys and rights, in one write.',
  access: 'manage',
  reply: done('The application is deleted.'),
  errors: [],
} as const satisfies Operation;

export const listGrants = {
  id: 'listGrants',
  method: 'get',
  path: '/apps/{app}/grants',
  summary: 'List Grants',
  description: 'Lists which principals have which rights on an application. Rights in tokens do not stand here.',
  access: 'manage',
  reply: { status: 200, description: 'The grants, at most 100.', schema: grantsReply },
  errors: [],
} as const satisfies Operation;

export const putGrant = {
  id: 'putGrant',
  method: 'put',
  path: '/apps/{app}/grants/{principal}',
  summary: 'Grant Rights',
  description: 'Gives a principal of the realm exactly these rights on an application.',
  access: 'manage',
  body: putGrantBody,
  reply: { status: 200, description: 'The grant.', schema: grantReply },
  errors: ['409306'],
} as const satisfies Operation;

export const deleteGrant = {
  id: 'deleteGrant',
  method: 'delete',
  path: '/apps/{app}/grants/{principal}',
  summary: 'Revoke Rights',
  description: 'Takes all rights on an application away from a principal; one that has none stays so.',
  access: 'manage',
  reply: done('The principal has no rights on the application.'),
  errors: ['400200', '409306'],
} as const satisfies Operation;

export const listIssuers = {
  id: 'listIssuers',
  method: 'get',
  path: '/apps/{app}/issuers',
  summary: 'List Issuers',
  description: 'Lists the token issuers attached to an application.',
  access: 'read',
  reply: { status: 200, description: 'The issuers, at most 10.', schema: issuersReply },
  errors: [],
} as const satisfies Operation;

export const putIssuer = {
  id: 'putIssuer',
  method: 'put',
  path: '/apps/{app}/issuers/{issuer}',
  summary: 'Attach Issuer',
  description:
    'Attaches a token issuer to an application, which has no API keys then: expired ones go in the same write.',
  access: 'manage',
  reply: done('The issuer is attached.'),
  errors: ['400200', '409306'],
} as const satisfies Operation;

export const deleteIssuer = {
  id: 'deleteIssuer',
  method: 'delete',
  path: '/apps/{app}/issuers/{issuer}',
  summary: 'Detach Issuer',
  description: 'Detaches a token issuer from an application; one that is not attached stays so.',
  access: 'manage',
  reply: done('The issuer is not attached.'),
  errors: ['400200'],
} as const satisfies Operation;

export const getOpenapi = {
  id: 'getOpenapi',
  method: 'get',
  path: '/openapi.json',
  summary: 'Get OpenAPI Document',
  description: 'The description of this API, made from the tables that the service itself runs on.',
  access: 'public',
  reply: { status: 200, description: 'An OpenAPI 3.1 document.', schema: { type: 'object' } },
  errors: [],
} as const satisfies Operation;

/** Every operation by its id: the one list of what the service does. */
export const operations = {
  generateApiKey,
  generateApiKeyDirect,
  listApiKeys,
  getApiKey,
  updateApiKey,
  enableApiKey,
  disableApiKey,
  deleteApiKey,
  deleteApiKeys,
  rotateApiKey,
  verifyApiKey,
  verifyApiKeyDirect,
  createApp,
  listApps,
  getApp,
  updateApp,
  deleteApp,
  listGrants,
  putGrant,
  deleteGrant,
  listIssuers,
  putIssuer,
  deleteIssuer,
  getOpenapi,
} as const satisfies Record<string, Operation>;
