import type { RequestListener } from 'node:http';
import { createServer } from 'node:https';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterAll, afterEach, beforeAll } from 'vitest';
import { listen, loopback } from '../../infra/local/ports.ts';
import { createCertificate } from './certificate.ts';

/** Where OpenID discovery looks. */
export const discoveryPath = '/.well-known/openid-configuration';

export interface DiscoveredProvider {
  /** its URL, as soon as a test runs */
  issuer: string;
  /** the paths that were asked for in the test */
  readonly asked: string[];
  answer: RequestListener;
}

/** An identity provider for the tests of a file or a `describe`: over https, with a certificate that Node.js trusts meanwhile. */
export function discoveredProvider(): DiscoveredProvider {
  const trusted = getCACertificates('default');
  const certificate = createCertificate();
  const provider: DiscoveredProvider = { issuer: '', asked: [], answer: (_, response) => void response.end() };
  const server = createServer(certificate, (request, response) => {
    provider.asked.push(request.url ?? '');
    provider.answer(request, response);
  });
  beforeAll(async () => {
    setDefaultCACertificates([...trusted, certificate.cert]);
    provider.issuer = `https://${loopback}:${await listen(server)}`;
  });
  afterEach(() => {
    provider.asked.length = 0;
  });
  afterAll(() => {
    setDefaultCACertificates(trusted);
    server.close().closeAllConnections();
  });
  return provider;
}

export function json(value: unknown): RequestListener {
  return (_, response) =>
    void response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(value));
}
