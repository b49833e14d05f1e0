import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import middy from '@middy/core';
import { createVerifier, type ValidKey } from 'appkeys/verifier';
import { requireApiKey as expressGuard } from 'appkeys/verifier/express';
import { requireApiKey as fastifyGuard } from 'appkeys/verifier/fastify';
import { requireApiKey as fetchGuard } from 'appkeys/verifier/fetch';
import { type KeyContext, requireApiKey as middyGuard } from 'appkeys/verifier/middy';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import express from 'express';
import fastify from 'fastify';
import { H3 } from 'h3';
import { Hono } from 'hono';

const verifier = createVerifier({ realms: ['myrealm'], tableName: process.env.TABLE_NAME });
const guard = fetchGuard(verifier);

/** What each guarded route answers with. */
const answerOf = (key: ValidKey | undefined) => ({ identity: key?.identity });

function startExpress(): Server {
  const app = express();
  app.use(expressGuard(verifier));
  app.get('/', (_request, response) => {
    const key: ValidKey = response.locals.apiKey;
    response.json(answerOf(key));
  });
  return createServer(app);
}

async function startFastify(): Promise<Server> {
  const app = fastify();
  app.get('/', { onRequest: fastifyGuard(verifier) }, (request) => answerOf(request.apiKey));
  app.get('/open', (request) => answerOf(request.apiKey));
  await app.ready();
  return app.server;
}

function startHono() {
  const app = new Hono<{ Variables: { apiKey: ValidKey } }>();
  app.use((c, next) =>
    guard(c.req.raw, async (key) => {
      c.set('apiKey', key);
      await next();
      return c.res;
    }),
  );
  app.get('/', (c) => c.json(answerOf(c.get('apiKey'))));
  return createAdaptorServer(app);
}

/** As a file `route.ts` of Next.js exports it. */
function GET(request: Request): Promise<Response> {
  return guard(request, (key) => Response.json(answerOf(key)));
}

function startH3() {
  const app = new H3();
  app.get('/', (event) => guard(event.req, (key) => Response.json(answerOf(key))));
  return createAdaptorServer({ fetch: (request) => app.fetch(request) });
}

/** Behind a server that stands in for an HTTP API. */
function startMiddy(): Server {
  const handler = middy<APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Error, KeyContext>()
    .use(middyGuard(verifier))
    .handler(async (_event, context) => ({ statusCode: 200, body: JSON.stringify(answerOf(context.apiKey)) }));
  return createServer(async ({ headers, url = '' }, response) => {
    const query = Object.fromEntries(new URL(url, 'http://x').searchParams);
    const event = { headers, queryStringParameters: query } as unknown as APIGatewayProxyEventV2;
    const result = await handler(event, {} as KeyContext);
    response.writeHead(result.statusCode ?? 500, result.headers as Record<string, string>).end(result.body);
  });
}

const servers = {
  Express: startExpress(),
  Fastify: await startFastify(),
  Hono: startHono(),
  'Next.js': createAdaptorServer({ fetch: GET }),
  h3: startH3(),
  middy: startMiddy(),
};

const urls: Record<string, string> = {};
for (const [name, server] of Object.entries(servers)) {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  urls[name] = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
console.log(`urls ${JSON.stringify(urls)}`);
