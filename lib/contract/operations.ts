import type { ErrorCode } from '../domain/errors.ts';
import type { Route } from './routes.ts';
import * as routes from './routes.ts';
import {
  apiKeyReply,
  apiKeysReply,
  appReply,
  appsReply,
  appWithRightsReply,
  changedApiKeyReply,
  changedAppReply,
  createAppBody,
  generateApiKeyBody,
  generateApiKeyDirectPayload,
  grantReply,
  grantsReply,
  issuersReply,
  newApiKeyReply,
  putGrantBody,
  revocationReply,
  revokeApiKeyBody,
  rotateApiKeyBody,
  successorReply,
  updateApiKeyBody,
  updateAppBody,
  verificationReply,
  verifyApiKeyBody,
  verifyApiKeyDirectPayload,
} from './schemas.ts';

/** One call of the contract, with its public description. */
export interface Operation extends Route {
  readonly summary: string;
  readonly description: string;
  readonly body?: object;
  /** Without a schema, the response has no body. */
  readonly reply: {
    readonly status: 200 | 201 | 202 | 204 | 302;
    readonly description: string;
    readonly schema?: object;
    /** Default: `application/json`. */
    readonly mediaType?: 'text/html';
    /** What an example has in addition to the examples of the schema's parts. */
    readonly example?: object;
  };
  /** The operation's own errors, in addition to those of its access, path and body. */
  readonly errors: readonly ErrorCode[];
}

const newKey = { status: 201, description: 'The new API key with its secret.', schema: newApiKeyReply } as const;
const key = { status: 200, description: 'The API key.', schema: apiKeyReply } as const;
const app = { status: 200, description: 'The application.', schema: appReply } as const;
const done = (description: string) => ({ status: 204, description }) as const;

const creationErrors = ['400337', '409303', '409305', '409306', '422409'] as const;

export const generateApiKey = {
  ...routes.generateApiKey,
  summary: 'Generate API Key',
  description:
    'Generates a new API key that you use for authenticating an application. The key itself is in the field apiKeyId, ' +
    'and is shown only in this response. The field apiKey is its HRN, which is not usable as an API key in a request. ' +
    'A maximum of two API keys can be maintained per application; an expired key can be replaced.',
  body: generateApiKeyBody,
  reply: newKey,
  errors: creationErrors,
} as const satisfies Operation;

export const generateApiKeyDirect = {
  ...routes.generateApiKeyDirect,
  summary: 'Generate API Key, by direct invocation',
  description:
    'The same for other Lambda functions. Any client that IAM allows to invoke this function has manage in every realm.',
  body: generateApiKeyDirectPayload,
  reply: newKey,
  errors: ['400288', '404660', ...creationErrors],
} as const satisfies Operation;

export const listApiKeys = {
  ...routes.listApiKeys,
  summary: 'List API Keys',
  description: 'Lists the API keys of an application, the oldest first, without their secrets.',
  reply: { status: 200, description: 'The API keys.', schema: apiKeysReply },
  errors: [],
} as const satisfies Operation;

export const getApiKey = {
  ...routes.getApiKey,
  summary: 'Get API Key',
  description: 'Shows an API key without its secret, who generated it, and who last changed it.',
  reply: key,
  errors: [],
} as const satisfies Operation;

export const updateApiKey = {
  ...routes.updateApiKey,
  summary: 'Update API Key',
  description:
    'Changes the name or the description of an API key, its expiry, its scopes, or its allowed sources. ' +
    'A missing field stays unchanged. An expired key that was not replaced can be revived.',
  body: updateApiKeyBody,
  reply: { ...key, schema: changedApiKeyReply },
  errors: [],
} as const satisfies Operation;

export const enableApiKey = {
  ...routes.enableApiKey,
  summary: 'Enable API Key',
  description: 'Enables an API key, and clears its disabledReason. Enabling an enabled key changes nothing.',
  reply: done('The API key is enabled.'),
  errors: [],
} as const satisfies Operation;

export const disableApiKey = {
  ...routes.disableApiKey,
  summary: 'Disable API Key',
  description:
    'Disables an API key. The key still counts toward the key limit. Disabling a disabled key changes nothing.',
  reply: done('The API key is disabled.'),
  errors: [],
} as const satisfies Operation;

export const deleteApiKey = {
  ...routes.deleteApiKey,
  summary: 'Delete API Key',
  description: 'Deletes an API key permanently. Its slot is free at once.',
  reply: done('The API key is deleted.'),
  errors: [],
} as const satisfies Operation;

export const deleteApiKeys = {
  ...routes.deleteApiKeys,
  summary: 'Delete all API Keys',
  description: 'Deletes every API key of an application, in one write.',
  reply: done('The application has no API keys.'),
  errors: [],
} as const satisfies Operation;

export const rotateApiKey = {
  ...routes.rotateApiKey,
  summary: 'Rotate API Key',
  description:
    "Generates a successor and ends the old API key, in one write. With an overlap, both keys are valid, which needs a free slot. Without an overlap, the successor takes the old key's slot. " +
    'The successor inherits each field that is missing, but no scope that the application no longer allows.',
  body: rotateApiKeyBody,
  reply: {
    status: 201,
    description: 'The successor with its secret.',
    schema: successorReply,
    example: { rotatedFrom: 'hrn:here:account::myrealm:apikey/jnJddD06U1RdvYuZdzlyKkRu7nUsjUV22lDvto_K9qE' },
  },
  errors: ['409304', ...creationErrors],
} as const satisfies Operation;

export const revokeApiKey = {
  ...routes.revokeApiKey,
  summary: 'Revoke API Key',
  description:
    'Disables a leaked API key. Any holder of the key can do that, without a token. The response is the same whether or not the key exists. ' +
    'A key of an application with referrers is public in web pages, so it stays enabled. Each key is reported as the event apiKeyLeaked. ' +
    'An IP address can report 10 keys, then one every 6 minutes; for IPv6, this counts for all addresses with the same first 64 bits.',
  body: revokeApiKeyBody,
  reply: { status: 202, description: 'The request was accepted.', schema: revocationReply },
  errors: ['404404'],
} as const satisfies Operation;

const verification = { status: 200, description: 'Whether the API key is valid.', schema: verificationReply } as const;

export const verifyApiKey = {
  ...routes.verifyApiKey,
  summary: 'Verify API Key',
  description:
    "Returns whether an API key is valid now, and its owner, or why it is not valid. A key of another realm than the caller's is unknown. " +
    'Pass the conditions that the key must meet, and the origin of the request with the key. A key with allowed sources needs source, and a key of an application with referrers needs referrer.',
  body: verifyApiKeyBody,
  reply: verification,
  errors: [],
} as const satisfies Operation;

export const verifyApiKeyDirect = {
  ...routes.verifyApiKeyDirect,
  summary: 'Verify API Key, by direct invocation',
  description:
    'The same for other Lambda functions. Any client that IAM allows to invoke this function can verify the keys of every realm.',
  body: verifyApiKeyDirectPayload,
  reply: verification,
  errors: [],
} as const satisfies Operation;

export const createApp = {
  ...routes.createApp,
  summary: 'Create Application',
  description: "Creates an application in the caller's realm. The caller gets manage on it.",
  body: createAppBody,
  reply: { status: 200, description: 'The new application.', schema: appReply },
  errors: ['404660', '409306', '422409'],
} as const satisfies Operation;

export const listApps = {
  ...routes.listApps,
  summary: 'List Applications',
  description:
    'Lists the applications on which the caller has a right: first those that the caller created, then the others, each newest first. ' +
    'A caller whose token gives a right on every application of the realm gets them all newest first. ' +
    'With action, it lists only those on which the caller has that right. Eventually consistent.',
  reply: { status: 200, description: 'The applications.', schema: appsReply },
  errors: [],
} as const satisfies Operation;

export const getApp = {
  ...routes.getApp,
  summary: 'Get Application',
  description:
    'Shows an application, who last changed it, which rights the caller has on it, and how long its API keys can live.',
  reply: { ...app, schema: appWithRightsReply },
  errors: [],
} as const satisfies Operation;

export const updateApp = {
  ...routes.updateApp,
  summary: 'Update Application',
  description:
    'Changes name, description, status, referrers or scopes. A missing field stays unchanged. Changing scopes needs manage. ' +
    'API keys of a deactivated application are rejected.',
  body: updateAppBody,
  reply: { ...app, schema: changedAppReply },
  errors: [],
} as const satisfies Operation;

export const deleteApp = {
  ...routes.deleteApp,
  summary: 'Delete Application',
  description: 'Permanently deletes an application with all its API keys and rights, in one write.',
  reply: done('The application is deleted.'),
  errors: [],
} as const satisfies Operation;

export const listGrants = {
  ...routes.listGrants,
  summary: 'List Grants',
  description: 'Lists which principals have which rights on an application. Rights from tokens are not listed.',
  reply: { status: 200, description: 'The grants, at most 100.', schema: grantsReply },
  errors: [],
} as const satisfies Operation;

export const putGrant = {
  ...routes.putGrant,
  summary: 'Grant Rights',
  description: 'Gives a principal of the realm exactly these rights on an application.',
  body: putGrantBody,
  reply: { status: 200, description: 'The grant.', schema: grantReply },
  errors: ['409306'],
} as const satisfies Operation;

export const deleteGrant = {
  ...routes.deleteGrant,
  summary: 'Revoke Rights',
  description:
    'Revokes all rights of a principal on an application. If it has none, nothing changes. A principal can always delete its own grant, with any right.',
  reply: done('The principal has no rights on the application.'),
  errors: ['409306'],
} as const satisfies Operation;

export const listIssuers = {
  ...routes.listIssuers,
  summary: 'List Issuers',
  description: 'Lists the token issuers attached to an application.',
  reply: { status: 200, description: 'The issuers, at most 10.', schema: issuersReply },
  errors: [],
} as const satisfies Operation;

export const putIssuer = {
  ...routes.putIssuer,
  summary: 'Attach Issuer',
  description:
    'Attaches a token issuer to an application without API keys. Expired keys are deleted in the same write.',
  reply: done('The issuer is attached.'),
  errors: ['409306'],
} as const satisfies Operation;

export const deleteIssuer = {
  ...routes.deleteIssuer,
  summary: 'Detach Issuer',
  description: 'Detaches a token issuer from an application. If it is not attached, nothing changes.',
  reply: done('The issuer is not attached.'),
  errors: [],
} as const satisfies Operation;

export const getRoot = {
  ...routes.getRoot,
  summary: 'Open Reference Page',
  description: 'Redirects to the reference page.',
  reply: { status: 302, description: 'The Location header names the reference page.' },
  errors: [],
} as const satisfies Operation;

export const getOpenapi = {
  ...routes.getOpenapi,
  summary: 'Get OpenAPI Document',
  description: 'The description of this API, made from the tables that the service itself runs on.',
  reply: { status: 200, description: 'An OpenAPI 3.1 document.', schema: { type: 'object' } },
  errors: [],
} as const satisfies Operation;

const page = {
  status: 200,
  description: 'The page.',
  mediaType: 'text/html',
  schema: { type: 'string', pattern: '^<!doctype html>', maxLength: 16_384, examples: ['<!doctype html>'] },
} as const;

export const getDocs = {
  ...routes.getDocs,
  summary: 'Get Reference Page',
  description: 'Every call on one page, ready to be tried.',
  reply: page,
  errors: [],
} as const satisfies Operation;

export const getConsole = {
  ...routes.getConsole,
  summary: 'Get Key Console',
  description: 'The API keys of applications on one page, for users with an access token.',
  reply: page,
  errors: [],
} as const satisfies Operation;

/** Every operation by its ID: the only list of what the service does. */
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
  revokeApiKey,
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
  getRoot,
  getOpenapi,
  getDocs,
  getConsole,
} as const satisfies Record<string, Operation>;

export type OperationId = keyof typeof operations;

/** Whether an operation returns its `effectiveBy` only in the header. */
export function hasBareReceipt({ isRevocation, reply: { schema } }: Operation): boolean {
  const { properties = {} } = (schema ?? {}) as { readonly properties?: object };
  return isRevocation === true && !('effectiveBy' in properties);
}
