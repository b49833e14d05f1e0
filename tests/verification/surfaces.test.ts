import { createServer } from 'node:http';
import middy from '@middy/core';
import express from 'express';
import fastify from 'fastify';
import { beforeAll, describe, expect, it } from 'vitest';
import { listen } from '../../infra/local/ports.ts';
import { isInBlocks } from '../../lib/domain/addresses.ts';
import type { App } from '../../lib/domain/app.ts';
import { createVerifier } from '../../lib/package/verifier/create-verifier.ts';
import { requireApiKey as guardExpress } from '../../lib/package/verifier/express.ts';
import { requireApiKey as guardFastify } from '../../lib/package/verifier/fastify.ts';
import { requireApiKey as guardFetch } from '../../lib/package/verifier/fetch.ts';
import { requireApiKey as guardMiddy, type KeyContext } from '../../lib/package/verifier/middy.ts';
import { type AuthorizerRequest, http1Request, http2Request, restRequest } from '../support/authorizer-events.ts';
import { lambdaContext } from '../support/events.ts';
import { startService, type TestService } from '../support/service.ts';

/** What an API demands, and a request to it. */
interface Situation {
  readonly apiKeyId: string;
  readonly appId: string;
  readonly realms?: readonly string[];
  readonly scopes?: readonly string[];
  readonly apps?: readonly string[];
  /** undefined: the address of the client is not known */
  readonly source: string | undefined;
  readonly headers: Record<string, string>;
}

let service: TestService;
const log = () => {};
const inside = '203.0.113.7';
const outside = '198.51.100.1';
const page = { Origin: 'https://www.example.com', Referer: 'https://www.example.com/app/1' };
const otherPage = { Origin: 'https://evil.example', Referer: 'https://evil.example/www.example.com' };

beforeAll(async () => {
  service = await startService({ keys: { maxPerApp: 50 } });
});

async function makeKey(restrictions: App['restrictions'], body = {}) {
  const app = await service.seed({ restrictions });
  const { apiKeyId } = (await service.generate(app, { name: 'a key', ...body })).body;
  return { apiKeyId: apiKeyId as string, appId: app.appId };
}

/** Each restriction, with requests that fit, that do not, and that say nothing. */
const restrictions: Record<
  string,
  { make: () => Promise<{ apiKeyId: string; appId: string }>; requests: Record<string, Partial<Situation>> }
> = {
  realm: {
    make: () => makeKey({}),
    requests: { fits: { realms: ['elsewhere', 'myrealm'] }, differs: { realms: ['elsewhere'] } },
  },
  app: { make: () => makeKey({}), requests: { fits: { apps: ['other', '$own'] }, differs: { apps: ['other'] } } },
  scope: {
    make: () => makeKey({ scopes: ['a:read', 'b'] }, { scopes: ['a:read', 'b'] }),
    requests: { fits: { scopes: ['b', 'a:read'] }, differs: { scopes: ['a:read', 'c'] }, unknown: { scopes: ['a'] } },
  },
  'a scope that the application no longer has': {
    make: async () => {
      const app = await service.seed();
      const { apiKeyId } = (await service.generate(app, { name: 'a key', scopes: ['a:read', 'b'] })).body;
      const path = { app: encodeURIComponent(`hrn:here:account::myrealm:app/${app.appId}`) };
      await service.call('updateApp', { path, body: { scopes: ['b'] } });
      return { apiKeyId, appId: app.appId };
    },
    requests: { fits: { scopes: ['b'] }, differs: { scopes: ['a:read'] } },
  },
  source: {
    make: () => makeKey({}, { allowedSources: ['203.0.113.0/24', '2001:db8::/32'] }),
    requests: {
      fits: { source: inside },
      'fits, IPv6': { source: '2001:0DB8:0:0::1' },
      'fits, IPv4-mapped': { source: `::ffff:${inside}` },
      differs: { source: outside },
      'differs, whatever a header says': {
        source: outside,
        headers: { 'X-Real-IP': inside, Forwarded: `for=${inside}` },
      },
      unknown: { source: undefined },
    },
  },
  referrer: {
    make: () => makeKey({ referrers: ['www.example.com', 'app.example.com/deep'] }),
    requests: {
      fits: { headers: page },
      'fits, without Origin': { headers: { Referer: page.Referer } },
      'fits, a path': { headers: { Referer: 'https://app.example.com/deep/er' } },
      differs: { headers: otherPage },
      'differs, Origin counts': { headers: { ...page, Origin: otherPage.Origin } },
      'differs, a path': { headers: { Referer: 'https://app.example.com/deeper' } },
      'differs, no Origin': { headers: { Origin: 'https://www.example.com/x' } },
      'differs, a user in Origin': { headers: { Origin: 'https://www.example.com@evil.example' } },
      'differs, Origin twice': { headers: { Origin: 'https://www.example.com,https://evil.example' } },
      'differs, a page of nowhere': { headers: { Origin: 'null', Referer: page.Referer } },
      'differs, a path needs Referer': { headers: { Origin: 'https://app.example.com' } },
      unknown: {},
    },
  },
  'of a newer version, on the key': {
    make: async () => {
      const { apiKeyId, appId } = await makeKey({});
      const app = await service.item({ appId } as App);
      const [[handle, key] = expect.fail()] = Object.entries(app.keys);
      const keys = { [handle]: { ...key, restrictions: { hours: ['9-17'] } as object } };
      await service.seed({ ...app, appId, keys: keys as App['keys'] });
      return { apiKeyId, appId };
    },
    requests: { unknown: {} },
  },
  'of a newer version, on the application': {
    make: async () => {
      const { apiKeyId, appId } = await makeKey({});
      await service.seed({ ...(await service.item({ appId } as App)), appId, restrictions: { planets: [] } as object });
      return { apiKeyId, appId };
    },
    requests: { unknown: {} },
  },
};

const variablesOf = ({ realms, scopes, apps }: Situation) => ({
  ...(realms && { appkeys_realms: realms.join(',') }),
  ...(scopes && { appkeys_scopes: scopes.join(', ') }),
  ...(apps && { appkeys_apps: apps.join(',') }),
});

/** Asks the authorizer, and applies its policy as a REST API does, to this request. */
async function isAuthorized(event: unknown, source: string | undefined): Promise<boolean> {
  const answer = await service.authorize(event).catch((error: Error) => {
    expect(error.message).toBe('Unauthorized');
    return undefined;
  });
  if (!answer) return false;
  if ('isAuthorized' in answer) return answer.isAuthorized;
  const [statement] = (
    answer.policyDocument as { Statement: { Condition?: { IpAddress: Record<string, string[]> } }[] }
  ).Statement;
  const blocks = statement?.Condition?.IpAddress['aws:SourceIp'];
  return !blocks || isInBlocks(source ?? '', blocks);
}

type ToEvent = (request: AuthorizerRequest) => unknown;

const gateway =
  (toEvent: ToEvent, more: (situation: Situation) => Partial<AuthorizerRequest>) => (situation: Situation) => {
    const { apiKeyId, source = null, headers } = situation;
    const { stageVariables, ...rest } = more(situation);
    const event = toEvent({
      headers: { ...headers, 'x-api-key': apiKeyId },
      sourceIp: source,
      stageVariables: { ...variablesOf(situation), ...stageVariables },
      ...rest,
    });
    return isAuthorized(event, situation.source);
  };

const uncached = () => ({ stageVariables: { appkeys_cached: 'no' } });
const identified = ({ apiKeyId, source, headers }: Situation, by: 'key' | 'source' | 'page') => ({
  identitySource: [
    apiKeyId,
    ...(by === 'source' && source ? [source] : []),
    ...(by === 'page' ? [headers.Origin ?? '', headers.Referer ?? ''] : []),
  ],
});

const verifierFor = ({ realms = ['myrealm'], scopes, apps }: Situation) => {
  return createVerifier({
    tableName: service.tableName,
    realms,
    ...(apps && { apps }),
    ...(scopes && { scopes: [...scopes] }),
  });
};

const statusOf = async (url: string, { apiKeyId, source, headers }: Situation) =>
  (await fetch(url, { headers: { ...headers, 'x-api-key': apiKeyId, 'X-Forwarded-For': source ?? '' } })).status ===
  200;

const runMiddy = async (event: unknown, situation: Situation) => {
  const handler = middy()
    .use(guardMiddy(verifierFor(situation), { log }))
    .handler(async () => ({ statusCode: 200 }));
  const context = lambdaContext() as KeyContext;
  return ((await handler(event as never, context)) as { statusCode: number }).statusCode === 200;
};

/** Whether a request is let in, wherever keys are checked. `cannot`: restrictions that it cannot enforce, and so rejects. */
const surfaces: Record<string, { ask: (situation: Situation) => Promise<boolean>; cannot?: RegExp; knowsAll?: true }> =
  {
    'authorizer, REST, cached': { ask: gateway(restRequest, () => ({})), cannot: /^referrer/ },
    'authorizer, REST, not cached': { ask: gateway(restRequest, uncached) },
    'authorizer, HTTP 1.0, not cached': { ask: gateway(http1Request, uncached) },
    'authorizer, HTTP 2.0, not cached': { ask: gateway(http2Request, uncached) },
    'authorizer, HTTP 1.0, cached by key': {
      ask: gateway(http1Request, (situation) => identified(situation, 'key')),
      cannot: /^(source|referrer)/,
    },
    'authorizer, HTTP 2.0, cached by key': {
      ask: gateway(http2Request, (situation) => identified(situation, 'key')),
      cannot: /^(source|referrer)/,
    },
    'authorizer, HTTP 2.0, nothing said': { ask: gateway(http2Request, () => ({})), cannot: /^(source|referrer)/ },
    'authorizer, HTTP 1.0, cached by key and address': {
      ask: gateway(http1Request, (situation) => identified(situation, 'source')),
      cannot: /^referrer/,
    },
    'authorizer, HTTP 2.0, cached by key and address': {
      ask: gateway(http2Request, (situation) => identified(situation, 'source')),
      cannot: /^referrer/,
    },
    'authorizer, HTTP 2.0, cached by key, Origin and Referer': {
      ask: gateway(http2Request, (situation) => identified(situation, 'page')),
      cannot: /^(source|referrer: fits, (without|a path))/,
    },
    'library, a call': {
      ask: async (situation) => {
        const { apiKeyId, source, headers } = situation;
        const referrer = headers.Origin ?? headers.Referer;
        return (await verifierFor(situation).verify(apiKeyId, { source, referrer })).valid;
      },
    },
    'library, scopes per call': {
      ask: async (situation) => {
        const { apiKeyId, scopes, source, headers } = situation;
        const { scopes: _, ...others } = situation;
        const request = { headers: { ...headers, 'x-api-key': apiKeyId }, source };
        return (await verifierFor(others).verifyRequest(request, { ...(scopes && { scopes }) })).valid;
      },
    },
    'library, Express': {
      ask: async (situation) => {
        const app = express().set('trust proxy', true);
        app.get('/', guardExpress(verifierFor(situation), { log }), (_request, response) => void response.json({}));
        const server = createServer(app);
        const isIn = await statusOf(`http://127.0.0.1:${await listen(server)}`, situation);
        server.close().closeAllConnections();
        return isIn;
      },
    },
    'library, Fastify': {
      ask: async (situation) => {
        const app = fastify({ trustProxy: true });
        app.get('/', { onRequest: guardFastify(verifierFor(situation), { log }) }, () => ({}));
        const isIn = await statusOf(await app.listen({ host: '127.0.0.1', port: 0 }), situation);
        await app.close();
        return isIn;
      },
    },
    'library, Request and Response': {
      ask: async (situation) => {
        const { apiKeyId, headers, source } = situation;
        const guard = guardFetch(verifierFor(situation), { log, source: () => source });
        const request = new Request('https://api.example.com', { headers: { ...headers, 'x-api-key': apiKeyId } });
        return (await guard(request, () => new Response())).status === 200;
      },
    },
    'library, middy, REST': {
      ask: (situation) => {
        const { apiKeyId, headers, source = null } = situation;
        return runMiddy(restRequest({ headers: { ...headers, 'x-api-key': apiKeyId }, sourceIp: source }), situation);
      },
    },
    'library, middy, HTTP': {
      ask: (situation) => {
        const { apiKeyId, headers, source = null } = situation;
        return runMiddy(http2Request({ headers: { ...headers, 'x-api-key': apiKeyId }, sourceIp: source }), situation);
      },
    },
    'the call': {
      ask: async (situation) => {
        const token = await service.issuer.sign({ permissions: ['account:verify'] });
        const headers = { Authorization: `Bearer ${token}` };
        return (await service.call('verifyApiKey', { headers, body: questionOf(situation) })).body.valid;
      },
    },
    'the direct call': {
      ask: async (situation) => {
        const result = await service.invokeVerify(questionOf(situation));
        return result.ok && result.verification.valid;
      },
    },
  };

function questionOf({ apiKeyId, realms, scopes, apps, source, headers }: Situation) {
  const referrer = headers.Origin ?? headers.Referer;
  return {
    apiKeyId,
    ...(realms && { realms }),
    ...(scopes && { scopes }),
    ...(apps && { apps }),
    ...(source !== undefined && { source }),
    ...(referrer !== undefined && { referrer }),
  };
}

/** A server always knows the address of its client. A call has one value, of either header. */
function canSend(surface: string, request: string, parts: Partial<Situation>): boolean {
  const isWithoutSource = 'source' in parts && parts.source === undefined;
  if (/Express|Fastify/.test(surface)) return !isWithoutSource;
  return !(/call$/.test(surface) && request === 'differs, no Origin');
}

describe.each(Object.keys(restrictions))('restriction: %s', (name) => {
  const { make, requests } = restrictions[name] ?? expect.fail();
  let key: { apiKeyId: string; appId: string };

  beforeAll(async () => {
    key = await make();
  });

  it.each(
    Object.keys(surfaces).flatMap((surface) =>
      Object.keys(requests)
        .filter((request) => canSend(surface, request, requests[request] ?? {}))
        .map((request) => [surface, request] as const),
    ),
  )('%s: %s', async (surface, request) => {
    const { ask, cannot } = surfaces[surface] ?? expect.fail();
    const situation: Situation = { source: inside, headers: {}, ...key, ...requests[request] };
    const apps = situation.apps?.map((appId) => (appId === '$own' ? key.appId : appId));
    const isIn = await ask({ ...situation, ...(apps && { apps }) });
    expect(isIn).toBe(request.startsWith('fits') && !cannot?.test(`${name}: ${request}`));
  });
});
