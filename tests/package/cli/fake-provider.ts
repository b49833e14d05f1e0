import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach } from 'vitest';

export interface FakeAnswer {
  readonly status?: number;
  /** JSON unless it is text */
  readonly body?: unknown;
  readonly isHtml?: boolean;
  /** where it redirects to */
  readonly location?: string;
  /** whether it never comes */
  readonly isLost?: boolean;
}

export interface FormRequest {
  /** method and path, without the query: `POST /token` */
  readonly line: string;
  readonly form: Readonly<Record<string, string>>;
  readonly authorization: string | undefined;
}

type Answers = Record<string, FakeAnswer | readonly FakeAnswer[] | ((request: FormRequest) => FakeAnswer)>;

/** A service and its identity provider in one, which answer what a test wants. */
export interface FakeProvider {
  readonly url: string;
  readonly seen: FormRequest[];
  /** by method and path; the last one of a list counts for ever */
  answers: Answers;
  /** how often an endpoint was asked */
  count(line: string): number;
}

/** One for the tests of a file. Before each of them it forgets, and has a sign-in with codes. */
export function useFakeProvider(): () => FakeProvider {
  let provider: FakeProvider;
  const server = createServer(async (request, reply) => {
    const { method, url = '', headers } = request;
    const line = `${method} ${url.split('?')[0]}`;
    const form = Object.fromEntries(new URLSearchParams(await text(request)));
    const seen = { line, form, authorization: headers.authorization };
    provider.seen.push(seen);
    const { status = 200, body = {}, isHtml = false, location, isLost = false } = answerTo(seen, provider);
    if (isLost) return;
    const type = isHtml ? 'text/html' : 'application/json';
    reply
      .writeHead(status, { 'content-type': type, ...(location && { location }) })
      .end(typeof body === 'string' ? body : JSON.stringify(body));
  });
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const count = (line: string) => provider.seen.filter((request) => request.line === line).length;
    provider = { url: `http://127.0.0.1:${port}`, seen: [], answers: {}, count };
  });
  beforeEach(() => {
    provider.seen.length = 0;
    provider.answers = usualAnswers(provider.url);
  });
  afterAll(() => void server.close().closeAllConnections());
  return () => provider;
}

function answerTo(request: FormRequest, { answers, seen }: FakeProvider): FakeAnswer {
  const { [request.line]: own = { status: 418 } } = answers;
  if (typeof own === 'function') return own(request);
  if (!Array.isArray(own)) return own as FakeAnswer;
  const asked = seen.filter(({ line }) => line === request.line).length;
  return own[Math.min(asked, own.length) - 1] ?? { status: 418 };
}

function usualAnswers(url: string): Answers {
  return {
    'GET /console/sign-in.json': { body: signInSettings(url) },
    'GET /.well-known/openid-configuration': { body: discoveryAnswer(url) },
    'POST /device': { body: deviceAnswer(url) },
    'POST /token': { body: tokenAnswer() },
    'POST /revoke': { body: '' },
    'GET /apps': { body: { principal: 'demo', items: [] } },
  };
}

export function signInSettings(url: string, other: object = {}) {
  const endpoints = { authorization: `${url}/auth`, token: `${url}/token`, deviceAuthorization: `${url}/device` };
  return { issuer: url, clientId: 'console', scope: 'openid api', endpoints, ...other };
}

export function discoveryAnswer(url: string, other: object = {}) {
  return {
    issuer: url,
    authorization_endpoint: `${url}/auth`,
    token_endpoint: `${url}/token`,
    device_authorization_endpoint: `${url}/device`,
    revocation_endpoint: `${url}/revoke`,
    ...other,
  };
}

export function deviceAnswer(url: string, other: object = {}) {
  const verification = { verification_uri: `${url}/activate`, verification_uri_complete: `${url}/activate?code=AB` };
  return { device_code: 'device-code', user_code: 'AB-CD', ...verification, expires_in: 60, interval: 0.02, ...other };
}

export function tokenAnswer(other: object = {}) {
  return { access_token: 'access-2', token_type: 'Bearer', expires_in: 900, refresh_token: 'refresh-2', ...other };
}

/** @returns an ID token as it comes straight from the token endpoint, where nobody looks at its signature */
export function idToken(claims: object): string {
  const now = Math.floor(Date.now() / 1_000);
  const parts = [{ alg: 'ES256' }, { iat: now, exp: now + 60, sub: 'demo', ...claims }];
  return [...parts.map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')), 'c2ln'].join('.');
}
