import type { Answer, Connect, Refusal } from './calls.ts';
import * as api from './generated/orval.ts';

/** Its URL is that of the document. */
export const connect: Connect = (_url, token) => {
  const options = { headers: { Authorization: `Bearer ${token}` } };
  const none = undefined;
  return {
    createApp: async (body) => answer(await api.createApp(body, none, options)),
    getApp: async (app) => answer(await api.getApp(app, none, options)),
    listApps: async (limit, pageToken) =>
      answer(await api.listApps({ limit, ...(pageToken && { pageToken }) }, none, options)),
    updateApp: async (app, body) => answer(await api.updateApp(app, body, none, options)),
    deleteApp: async (app) => answer(await api.deleteApp(app, none, options)),
    generateApiKey: async (app, body, idempotencyKey) =>
      answer(await api.generateApiKey(app, body, { 'Idempotency-Key': idempotencyKey }, options)),
    listApiKeys: async (app) => answer(await api.listApiKeys(app, none, none, options)),
    getApiKey: async (app, apiKey) => answer(await api.getApiKey(app, apiKey, none, options)),
    updateApiKey: async (app, apiKey, body) => answer(await api.updateApiKey(app, apiKey, body, none, options)),
    rotateApiKey: async (app, apiKey, body) => answer(await api.rotateApiKey(app, apiKey, body, none, options)),
    enableApiKey: async (app, apiKey) => answer(await api.enableApiKey(app, apiKey, none, options)),
    disableApiKey: async (app, apiKey) => answer(await api.disableApiKey(app, apiKey, none, options)),
    deleteApiKey: async (app, apiKey) => answer(await api.deleteApiKey(app, apiKey, none, options)),
    deleteApiKeys: async (app) => answer(await api.deleteApiKeys(app, none, options)),
    verifyApiKey: async (apiKeyId) => answer(await api.verifyApiKey({ apiKeyId }, none, options)),
    putGrant: async (app, principal, body) => answer(await api.putGrant(app, principal, body, none, options)),
    listGrants: async (app) => answer(await api.listGrants(app, none, options)),
    deleteGrant: async (app, principal) => answer(await api.deleteGrant(app, principal, none, options)),
    putIssuer: async (app, issuer) => answer(await api.putIssuer(app, issuer, none, options)),
    listIssuers: async (app) => answer(await api.listIssuers(app, none, options)),
    deleteIssuer: async (app, issuer) => answer(await api.deleteIssuer(app, issuer, none, options)),
  };
};

/** Its results are one union of all statuses, each with its body. */
function answer<Result extends { status: number; data: unknown }>(result: Result): Answer<BodyOf<Result>> {
  if (result.status < 400) return { status: result.status, body: result.data as BodyOf<Result> };
  return { status: result.status, error: result.data as Refusal };
}

type BodyOf<Result> = Extract<Result, { status: 200 | 201 | 204 }> extends { data: infer Body } ? Body : never;
