import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { startDynalite } from '../../../infra/local/dynalite.ts';
import { startIdentityProvider } from '../../../infra/local/identity-provider.ts';
import { openSigningKey } from '../../../infra/local/issuer.ts';
import { startLocalKms } from '../../../infra/local/kms.ts';
import { createLambda } from '../../../infra/local/lambda.ts';
import { forOwnHosts } from '../../../infra/local/own-hosts.ts';
import { freePort, listen, loopback } from '../../../infra/local/ports.ts';

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
    'the identity provider',
    async () => {
      const folder = mkdtempSync(join(tmpdir(), 'appkeys-'));
      const ports = { httpPort: await freePort(), issuerPort: await freePort() };
      const provider = await startIdentityProvider(ports, { key: await openSigningKey(folder), folder });
      const stop = () => {
        provider.stop();
        rmSync(folder, { recursive: true });
      };
      return { url: `${provider.issuer}/jwks`, stop };
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
