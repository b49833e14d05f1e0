import type { ErrorCode } from '../domain/errors.ts';
import { appReply, createAppBody, generateApiKeyBody, generateApiKeyDirectPayload, newApiKeyReply } from './schemas.ts';

/** One call of the contract. Without `method` and `path` it is invoked directly. */
export interface Operation {
  readonly id: string;
  readonly method?: 'get' | 'post';
  readonly path?: string;
  readonly summary: string;
  readonly description: string;
  /** what the caller needs: a right on the application of the path, a permission in the token, or nothing */
  readonly access: 'read' | 'write' | 'createApp' | 'public' | 'invoke';
  readonly body?: object;
  readonly reply: { readonly status: 200 | 201; readonly description: string; readonly schema: object };
  /** errors that are the operation's own, beside those of its access, path and body */
  readonly errors: readonly ErrorCode[];
}

const newKey = { status: 201, description: 'The new API key, its secret included.', schema: newApiKeyReply } as const;
const refusals = ['400337', '409303', '409305', '409306'] as const;

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
  errors: ['404660', ...refusals],
} as const satisfies Operation;

export const createApp = {
  id: 'createApp',
  method: 'post',
  path: '/apps',
  summary: 'Create Application',
  description: "Creates an application in the caller's realm. The caller gets manage on it.",
  access: 'createApp',
  body: createAppBody,
  reply: { status: 200, description: 'The new application.', schema: appReply },
  errors: [],
} as const satisfies Operation;

export const getApp = {
  id: 'getApp',
  method: 'get',
  path: '/apps/{app}',
  summary: 'Get Application',
  description: 'Shows an application as it is now.',
  access: 'read',
  reply: { status: 200, description: 'The application.', schema: appReply },
  errors: [],
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
  createApp,
  getApp,
  getOpenapi,
} as const satisfies Record<string, Operation>;
