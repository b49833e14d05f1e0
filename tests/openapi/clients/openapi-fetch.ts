import createClient from 'openapi-fetch';
import type { Answer, Connect, Refusal } from './calls.ts';
import type { paths } from './generated/openapi-typescript.ts';

export const connect: Connect = (baseUrl, token) => {
  const client = createClient<paths>({ baseUrl, headers: { Authorization: `Bearer ${token}` } });
  return {
    createApp: async (body) => answer(await client.POST('/apps', { body })),
    getApp: async (app) => answer(await client.GET('/apps/{app}', { params: { path: { app } } })),
    listApps: async (limit, pageToken) =>
      answer(await client.GET('/apps', { params: { query: { limit, ...(pageToken && { pageToken }) } } })),
    updateApp: async (app, body) => answer(await client.PATCH('/apps/{app}', { params: { path: { app } }, body })),
    deleteApp: async (app) => answer(await client.DELETE('/apps/{app}', { params: { path: { app } } })),
    generateApiKey: async (app, body, idempotencyKey) =>
      answer(
        await client.POST('/apps/{app}/apiKeys', {
          params: { path: { app }, header: { 'Idempotency-Key': idempotencyKey } },
          body,
        }),
      ),
    listApiKeys: async (app) => answer(await client.GET('/apps/{app}/apiKeys', { params: { path: { app } } })),
    getApiKey: async (app, apiKey) =>
      answer(await client.GET('/apps/{app}/apiKeys/{apiKey}', { params: { path: { app, apiKey } } })),
    updateApiKey: async (app, apiKey, body) =>
      answer(await client.PATCH('/apps/{app}/apiKeys/{apiKey}', { params: { path: { app, apiKey } }, body })),
    rotateApiKey: async (app, apiKey, body) =>
      answer(await client.POST('/apps/{app}/apiKeys/{apiKey}/rotate', { params: { path: { app, apiKey } }, body })),
    enableApiKey: async (app, apiKey) =>
      answer(await client.POST('/apps/{app}/apiKeys/{apiKey}/enable', { params: { path: { app, apiKey } } })),
    disableApiKey: async (app, apiKey) =>
      answer(await client.POST('/apps/{app}/apiKeys/{apiKey}/disable', { params: { path: { app, apiKey } } })),
    deleteApiKey: async (app, apiKey) =>
      answer(await client.DELETE('/apps/{app}/apiKeys/{apiKey}', { params: { path: { app, apiKey } } })),
    deleteApiKeys: async (app) => answer(await client.DELETE('/apps/{app}/apiKeys', { params: { path: { app } } })),
    verifyApiKey: async (apiKeyId) => answer(await client.POST('/apiKeys/verify', { body: { apiKeyId } })),
    putGrant: async (app, principal, body) =>
      answer(await client.PUT('/apps/{app}/grants/{principal}', { params: { path: { app, principal } }, body })),
    listGrants: async (app) => answer(await client.GET('/apps/{app}/grants', { params: { path: { app } } })),
    deleteGrant: async (app, principal) =>
      answer(await client.DELETE('/apps/{app}/grants/{principal}', { params: { path: { app, principal } } })),
    putIssuer: async (app, issuer) =>
      answer(await client.PUT('/apps/{app}/issuers/{issuer}', { params: { path: { app, issuer } } })),
    listIssuers: async (app) => answer(await client.GET('/apps/{app}/issuers', { params: { path: { app } } })),
    deleteIssuer: async (app, issuer) =>
      answer(await client.DELETE('/apps/{app}/issuers/{issuer}', { params: { path: { app, issuer } } })),
  };
};

function answer<Body>(result: { response: Response; data?: Body; error?: Refusal }): Answer<Body> {
  return { status: result.response.status, body: result.data, error: result.error };
}
