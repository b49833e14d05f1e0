import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createClient } from '../../lib/package/client/client.ts';
import { useLocalService } from '../support/local-service.ts';
import { useProject } from './project.ts';

const names = ['@aws-sdk/client-dynamodb', '@hono/node-server', '@middy/core', 'express', 'fastify', 'h3', 'hono'];
const project = useProject(Object.fromEntries(names.map((name) => [name, name])));
const service = useLocalService();

let servers: ChildProcess;
let urls: Record<string, string>;
let app: string;
let good: string;
let disabled: string;

beforeAll(async () => {
  const token = await service().token({ permissions: ['account:createApp'] });
  const client = createClient({ url: service().url, token });
  ({ hrn: app } = await client.createApp({ name: 'guards' }));
  good = (await client.generateApiKey({ app, name: 'good' })).apiKeyId.reveal();
  disabled = (await client.generateApiKey({ app, name: 'disabled', enabled: false })).apiKeyId.reveal();
  project.copy('guards.ts');
  servers = spawn(process.execPath, ['guards.ts'], {
    cwd: project.folder,
    env: { PATH: process.env.PATH, ...service().verifierEnvironment },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  urls = await readUrls();
});

afterAll(async () => {
  servers.kill();
  await once(servers, 'exit');
});

/** The program writes one line with the addresses, and later a line about each refusal. */
async function readUrls(): Promise<Record<string, string>> {
  if (!servers.stdout) throw new Error('The program has no output.');
  for await (const line of createInterface(servers.stdout))
    if (line.startsWith('urls ')) {
      servers.stdout.resume();
      return JSON.parse(line.slice(5));
    }
  throw new Error('The program ended without its addresses.');
}

async function send(kind: string, path: string, headers: Record<string, string>) {
  const response = await fetch(`${urls[kind]}${path}`, { headers });
  return { status: response.status, headers: response.headers, body: await response.json() };
}

describe.each(['Express', 'Fastify', 'Hono', 'Next.js', 'h3', 'middy'])('a route of %s', (kind) => {
  it('opens to a key of the running service, in a header or in the query', async () => {
    const opened = { status: 200, body: { identity: app } };
    expect(await send(kind, '/', { 'X-API-Key': good })).toMatchObject(opened);
    expect(await send(kind, '/', { Authorization: `Bearer ${good}` })).toMatchObject(opened);
    expect(await send(kind, `/?apiKey=${good}`, {})).toMatchObject(opened);
  });

  it('answers 401 to every other, with the error body of the service', async () => {
    for (const headers of [{}, { 'X-API-Key': disabled }, { 'X-API-Key': `${good}x` }, { 'X-API-Key': 'x' }]) {
      const sent = { ...headers, 'X-Correlation-ID': 'from-caller' };
      const { status, headers: answered, body } = await send(kind, '/', sent);
      expect([status, body]).toMatchObject([401, { code: '401300', status: 401, correlationId: 'from-caller' }]);
      expect(answered.get('content-type')).toMatch(/^application\/json/);
      expect(answered.get('www-authenticate')).toBe('ApiKey');
      expect(answered.get('x-correlation-id')).toBe('from-caller');
    }
  });
});

it('a route of Fastify without the hook stays open', async () => {
  expect(await send('Fastify', '/open', {})).toMatchObject({ status: 200, body: {} });
});
