import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { get } from 'node:http';
import { generateKeyPair } from 'jose';
import { expect, it } from 'vitest';
import { startDynalite } from '../../../infra/local/dynalite.ts';
import { startJwksServer } from '../../../infra/local/issuer.ts';
import { startLocalKms } from '../../../infra/local/kms.ts';
import { createLambda } from '../../../infra/local/lambda.ts';
import { forOwnHosts } from '../../../infra/local/own-hosts.ts';
import { listen, loopback } from '../../../infra/local/ports.ts';

async function statusFor(url: string, Host: string): Promise<number> {
  const [response] = await once(get(url, { headers: { Host } }), 'response');
  response.resume();
  return response.statusCode;
}

const servers: [string, () => Promise<{ url: string; stop: () => unknown }>][] = [
  [
    'dynalite',
    async () => {
      const { endpoint, stop } = await startDynalite();
      return { url: endpoint, stop };
    },
  ],
  [
    'the local KMS',
    async () => {
      const { endpoint, stop } = await startLocalKms(randomBytes(32));
      return { url: endpoint, stop };
    },
  ],
  [
    'the local issuer',
    async () => {
      const { privateKey } = await generateKeyPair('ES256');
      const { jwksUri, stop } = await startJwksServer({ kid: 'k', privateKey, publicJwk: {} });
      return { url: jwksUri, stop };
    },
  ],
  [
    'the port of direct invocations',
    async () => {
      const server = forOwnHosts(createLambda());
      return { url: `http://${loopback}:${await listen(server)}`, stop: () => server.close() };
    },
  ],
];

it.each(servers)('%s answers only for its own host names', async (_, start) => {
  const { url, stop } = await start();
  expect(await statusFor(url, 'evil.example')).toBe(403);
  expect(await statusFor(url, new URL(url).host)).not.toBe(403);
  await stop();
});
