import type { Answer, Connect, Refusal } from './calls.ts';
import { createClient } from './generated/hey-api/client/index.ts';
import * as sdk from './generated/hey-api/sdk.gen.ts';

export const connect: Connect = (baseUrl, token) => {
  const client = createClient({ baseUrl, auth: token });
  return {
    createApp: async (body) => answer(await sdk.createApp({ client, body })),
    getApp: async (app) => answer(await sdk.getApp({ client, path: { app } })),
    listApps: async (limit, pageToken) =>
      answer(await sdk.listApps({ client, query: { limit, ...(pageToken && { pageToken }) } })),
    updateApp: async (app, body) => answer(await sdk.updateApp({ client, path: { app }, body })),
    deleteApp: async (app) => answer(await sdk.deleteApp({ client, path: { app } })),
    generateApiKey: async (app, body, idempotencyKey) =>
      answer(await sdk.generateApiKey({ client, path: { app }, body, headers: { 'Idempotency-Key': idempotencyKey } })),
    listApiKeys: async (app) => answer(await sdk.listApiKeys({ client, path: { app } })),
    getApiKey: async (app, apiKey) => answer(await sdk.getApiKey({ client, path: { app, apiKey } })),
    updateApiKey: async (app, apiKey, body) => answer(await sdk.updateApiKey({ client, path: { app, apiKey }, body })),
    rotateApiKey: async (app, apiKey, body) => answer(await sdk.rotateApiKey({ client, path: { app, apiKey }, body })),
    enableApiKey: async (app, apiKey) => answer(await sdk.enableApiKey({ client, path: { app, apiKey } })),
    disableApiKey: async (app, apiKey) => answer(await sdk.disableApiKey({ client, path: { app, apiKey } })),
    deleteApiKey: async (app, apiKey) => answer(await sdk.deleteApiKey({ client, path: { app, apiKey } })),
    deleteApiKeys: async (app) => answer(await sdk.deleteApiKeys({ client, path: { app } })),
    verifyApiKey: async (apiKeyId) => answer(await sdk.verifyApiKey({ client, body: { apiKeyId } })),
    putGrant: async (app, principal, body) => answer(await sdk.putGrant({ client, path: { app, principal }, body })),
    listGrants: async (app) => answer(await sdk.listGrants({ client, path: { app } })),
    deleteGrant: async (app, principal) => answer(await sdk.deleteGrant({ client, path: { app, principal } })),
    putIssuer: async (app, issuer) => answer(await sdk.putIssuer({ client, path: { app, issuer } })),
    listIssuers: async (app) => answer(await sdk.listIssuers({ client, path: { app } })),
    deleteIssuer: async (app, issuer) => answer(await sdk.deleteIssuer({ client, path: { app, issuer } })),
  };
};

function answer<Body>(result: { response?: Response; data?: Body; error?: Refusal }): Answer<Body> {
  return { status: result.response?.status ?? 0, body: result.data, error: result.error };
}
