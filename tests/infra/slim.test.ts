import { execFile } from 'node:child_process';
import { createHash, createHmac, type Hash, type Hmac } from 'node:crypto';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { marshall } from '@aws-sdk/util-dynamodb';
import { HttpRequest } from '@smithy/core/transport';
import { SignatureV4 } from '@smithy/signature-v4';
import type { SourceData } from '@smithy/types';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { projectFolder as project } from '../../infra/local/folders.ts';
import { listen, loopback } from '../../infra/local/ports.ts';
import { bundle, plainSettings } from '../../infra/release/bundle.ts';
import { newApp } from '../../lib/domain/app.ts';
import { goals } from '../evidence/bench/goals.ts';
import { settingsFolder, testSettings } from '../support/settings.ts';

const folder = mkdtempSync(join(tmpdir(), 'appkeys-slim-'));
const taskRoot = settingsFolder(testSettings({ tableName: 'table', serviceKeyId: 'alias/key' }));
let slim = '';
let plain = '';

beforeAll(async () => {
  slim = await bundle('functions/generate-api-key-direct.ts', folder);
  plain = await bundle('functions/generate-api-key-direct.ts', join(folder, 'plain'), plainSettings);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

type Headers = IncomingHttpHeaders;
type Answer = (headers: Headers, response: ServerResponse) => void;

/** A server that gives one answer after the other, and the last one from then on. */
async function startScript(...answers: Answer[]) {
  const seen: Headers[] = [];
  const bodies: string[] = [];
  const server = createServer(async (request, response) => {
    const answer = answers[seen.length] ?? answers.at(-1);
    seen.push(request.headers);
    bodies.push(await text(request));
    answer?.(request.headers, response);
  });
  const endpoint = `http://${loopback}:${await listen(server)}`;
  server.unref();
  return { endpoint, seen, bodies };
}

const json = (status: number, body: object, headers = {}): Answer => {
  return (_, response) => void response.writeHead(status, headers).end(JSON.stringify(body));
};
const done = json(200, {});
const refused = (type: string, more = {}, headers = {}) =>
  json(400, { __type: `com.amazonaws.dynamodb.v20120810#${type}`, message: 'in words', ...more }, headers);
const reset: Answer = (_, response) => response.destroy();

/** @param text such as 20261127T012345Z */
function dateOf(text: unknown): Date {
  return new Date(String(text).replace(/(....)(..)(..T..)(..)/, '$1-$2-$3:$4:'));
}

class Sha256 {
  #hash: Hash | Hmac;
  constructor(secret?: SourceData) {
    this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', bytesOf(secret));
  }
  update(data: SourceData) {
    this.#hash.update(bytesOf(data));
  }
  async digest() {
    return new Uint8Array(this.#hash.digest());
  }
  reset() {}
}

function bytesOf(data: SourceData): Buffer {
  if (typeof data === 'string') return Buffer.from(data);
  return ArrayBuffer.isView(data) ? Buffer.from(data.buffer, data.byteOffset, data.byteLength) : Buffer.from(data);
}

const input = { app: 'hrn:here:account::myrealm:app/app1', name: 'a key' };

interface Run {
  readonly events?: readonly object[];
  readonly env?: Record<string, string>;
  readonly pauseMs?: number;
  readonly remainingMs?: number;
  readonly file?: string;
}

/** Runs the bundle in a process of its own that has nothing but these variables. */
async function run({ events = [input], env = {}, pauseMs = 0, remainingMs = 10_000, file = slim }: Run) {
  const variables = {
    LAMBDA_TASK_ROOT: taskRoot,
    AWS_REGION: 'eu-central-1',
    AWS_ACCESS_KEY_ID: 'static',
    AWS_SECRET_ACCESS_KEY: 'secret',
    HOME: folder,
    ...env,
  };
  const runner = join(project, 'tests/support/slim-runner.mjs');
  const args = [runner, file, JSON.stringify(events), String(pauseMs), String(remainingMs)];
  const { stdout } = await promisify(execFile)(process.execPath, args, { env: variables });
  const printed = (mark: string) =>
    stdout.split('\n').flatMap((line) => (line.startsWith(mark) ? [JSON.parse(line.slice(mark.length))] : []));
  return { results: printed('RESULT'), hosts: printed('HOST'), loaded: printed('LOADED').flat(), stdout };
}

describe('the slim bundle, in a process of its own', () => {
  it('tries again after a reset connection and after an error of the server', async () => {
    const { endpoint, seen } = await startScript(reset, json(500, { __type: 'InternalServerError' }), done);
    const { results } = await run({ env: { AWS_ENDPOINT_URL_DYNAMODB: endpoint } });
    expect(results).toMatchObject([{ ok: true }]);
    expect(seen).toHaveLength(3);
  });

  it.each([
    'ThrottlingException',
    'ProvisionedThroughputExceededException',
    'RequestLimitExceeded',
    'ReplicatedWriteConflictException',
  ])('tries again after %s', async (type) => {
    const { endpoint, seen } = await startScript(refused(type), done);
    const { results } = await run({ env: { AWS_ENDPOINT_URL_DYNAMODB: endpoint } });
    expect(results).toMatchObject([{ ok: true }]);
    expect(seen).toHaveLength(2);
  });

  it('gives up what cannot be mended at once, and the log names it', async () => {
    const { endpoint, seen } = await startScript(refused('AccessDeniedException'));
    const { results, stdout } = await run({ env: { AWS_ENDPOINT_URL_DYNAMODB: endpoint } });
    expect(results).toMatchObject([{ ok: false, error: { code: '500000' } }]);
    expect(stdout).toContain('AccessDeniedException: in words');
    expect(seen).toHaveLength(1);
  });

  it('reads the item of a refused condition', async () => {
    const app = newApp({
      appId: 'app1',
      realm: 'myrealm',
      name: 'x',
      owner: 'demo',
      now: 1,
      op: 'op',
      correlationId: 'c',
    });
    const item = marshall({ pk: 'app1', sk: 'app', ...app, keyCount: 2 }, { removeUndefinedValues: true });
    const { endpoint, seen } = await startScript(refused('ConditionalCheckFailedException', { Item: item }));
    const { results } = await run({ env: { AWS_ENDPOINT_URL_DYNAMODB: endpoint } });
    expect(results).toMatchObject([{ ok: false, error: { code: '409303' } }]);
    expect(seen).toHaveLength(1);
  });

  it('tries again after an answer that breaks off', async () => {
    const halfAnswer: Answer = (_, response) => {
      response.writeHead(200, { 'content-length': '100' }).write('{');
      setTimeout(() => response.destroy(), 20);
    };
    const { endpoint, seen } = await startScript(halfAnswer, done);
    const { results } = await run({ env: { AWS_ENDPOINT_URL_DYNAMODB: endpoint } });
    expect(results).toMatchObject([{ ok: true }]);
    expect(seen).toHaveLength(2);
  });

  it('gives up an answer that stalls in its body, within the time of the request', async () => {
    const stalled: Answer = (_, response) => void response.writeHead(200, { 'content-length': '100' }).write('{');
    const { endpoint, seen } = await startScript(stalled);
    const startedAt = Date.now();
    const { results } = await run({ env: { AWS_ENDPOINT_URL_DYNAMODB: endpoint }, remainingMs: 4_000 });
    expect(results).toMatchObject([{ ok: false, error: { code: '503000' } }]);
    expect(Date.now() - startedAt).toBeLessThan(4_000);
    expect(seen).toHaveLength(2);
  });

  it('asks KMS a second time after an error of its', async () => {
    const mac = json(200, { Mac: Buffer.alloc(32).toString('base64') });
    const kms = await startScript(json(500, { __type: 'KMSInternalException' }), mac);
    const app = newApp({
      appId: 'app1',
      realm: 'myrealm',
      name: 'x',
      owner: 'o',
      now: 1,
      op: 'op',
      correlationId: 'c',
    });
    const read = json(200, { Item: marshall({ pk: 'app1', sk: 'app', ...app }, { removeUndefinedValues: true }) });
    const database = await startScript(read, done);
    const env = { AWS_ENDPOINT_URL_DYNAMODB: database.endpoint, AWS_ENDPOINT_URL_KMS: kms.endpoint };
    const { results } = await run({ events: [{ ...input, idempotencyKey: 'once' }], env });
    expect(results).toMatchObject([{ ok: true }]);
    expect(kms.seen.map((headers) => headers['x-amz-target'])).toEqual(Array(2).fill('TrentService.GenerateMac'));
    expect(database.seen[0]?.['user-agent']).toContain('api/dynamodb#');
    expect(kms.seen[0]?.['user-agent']).toContain('api/kms#');
  });

  it('signs with renewed credentials when those of the container have expired', async () => {
    const { endpoint, seen } = await startScript(done);
    const credentialsOf = (name: string, lifeMs: number): Answer => {
      return (headers, response) =>
        json(headers.authorization === 'the token' ? 200 : 403, {
          AccessKeyId: name,
          SecretAccessKey: 'secret',
          Token: `session-${name}`,
          Expiration: new Date(Date.now() + lifeMs).toISOString(),
        })(headers, response);
    };
    const container = await startScript(credentialsOf('FIRST', 500), credentialsOf('SECOND', 3_600_000));
    const env = {
      AWS_ENDPOINT_URL_DYNAMODB: endpoint,
      AWS_ACCESS_KEY_ID: '',
      AWS_CONTAINER_CREDENTIALS_FULL_URI: `${container.endpoint}/credentials`,
      AWS_CONTAINER_AUTHORIZATION_TOKEN: 'the token',
    };
    const { results } = await run({ events: [input, input, input], env, pauseMs: 600 });
    expect(results).toMatchObject([{ ok: true }, { ok: true }, { ok: true }]);
    const signers = seen.map((headers) => /Credential=(\w+)\//.exec(String(headers.authorization))?.[1]);
    expect(signers).toEqual(['FIRST', 'SECOND', 'SECOND']);
    expect(seen.map((headers) => headers['x-amz-security-token'])).toEqual([
      'session-FIRST',
      'session-SECOND',
      'session-SECOND',
    ]);
    expect(container.seen).toHaveLength(2);
  });

  it('loads no Web Streams', async () => {
    const { endpoint } = await startScript(done);
    const { results, loaded } = await run({ env: { AWS_ENDPOINT_URL_DYNAMODB: endpoint } });
    expect(results).toMatchObject([{ ok: true }]);
    expect(loaded).toContain('NativeModule http');
    expect(loaded).not.toContain('NativeModule internal/webstreams/readablestream');
  });

  it('says that there are no credentials', async () => {
    const { results, stdout } = await run({ env: { AWS_ACCESS_KEY_ID: '' }, remainingMs: 1_200 });
    expect(results).toMatchObject([{ ok: false, error: { code: '503000' } }]);
    expect(stdout).toContain('CredentialsProviderError');
  });

  it('signs as the SDK does', async () => {
    const { endpoint, seen, bodies } = await startScript(done);
    await run({ env: { AWS_ENDPOINT_URL_DYNAMODB: endpoint, AWS_SESSION_TOKEN: 'session' } });
    const { authorization, ...headers } = seen[0] as Record<string, string>;
    const [, names = ''] = /SignedHeaders=([^,]+),/.exec(authorization ?? '') ?? [];
    const signer = new SignatureV4({
      service: 'dynamodb',
      region: 'eu-central-1',
      credentials: { accessKeyId: 'static', secretAccessKey: 'secret', sessionToken: 'session' },
      sha256: Sha256,
    });
    const request = new HttpRequest({
      method: 'POST',
      path: '/',
      hostname: loopback,
      headers: Object.fromEntries(names.split(';').map((name) => [name, headers[name] ?? ''])),
      body: bodies[0],
    });
    const signed = await signer.sign(request, { signingDate: dateOf(headers['x-amz-date']) });
    expect(authorization).toContain('Signature=');
    expect(signed.headers.authorization).toBe(authorization);
  });

  it("corrects its clock by the server's, and signs again", async () => {
    const ahead = new Date(Date.now() + 3_600_000);
    const skewed = refused('InvalidSignatureException', {}, { date: ahead.toUTCString() });
    const { endpoint, seen } = await startScript(skewed, done);
    const { results } = await run({ env: { AWS_ENDPOINT_URL_DYNAMODB: endpoint } });
    expect(results).toMatchObject([{ ok: true }]);
    const [first = new Date(0), second = new Date(0)] = seen.map((headers) => dateOf(headers['x-amz-date']));
    expect(Math.abs(first.getTime() - Date.now())).toBeLessThan(60_000);
    expect(Math.abs(second.getTime() - ahead.getTime())).toBeLessThan(60_000);
  });

  it.each([
    { AWS_REGION: 'us-east-1' },
    { AWS_REGION: 'eu-central-2' },
    { AWS_REGION: 'eusc-de-east-1' },
    { AWS_REGION: 'cn-north-1' },
    { AWS_REGION: 'us-iso-east-1' },
    { AWS_REGION: 'us-gov-west-1' },
    { AWS_REGION: 'us-gov-east-1', AWS_USE_FIPS_ENDPOINT: 'true' },
    { AWS_REGION: 'ca-central-1', AWS_USE_FIPS_ENDPOINT: 'true' },
    { AWS_REGION: 'us-west-2', AWS_USE_DUALSTACK_ENDPOINT: 'true' },
    { AWS_REGION: 'eu-west-1', AWS_ACCOUNT_ID: '123456789012' },
    { AWS_REGION: 'eu-west-1', AWS_ACCOUNT_ID: '123456789012', AWS_ACCOUNT_ID_ENDPOINT_MODE: 'disabled' },
    { AWS_REGION: 'a-region-of-tomorrow-1' },
  ])('goes where the plain bundle goes: %o', async (env) => {
    const [slimRun, plainRun] = await Promise.all([
      run({ env, remainingMs: 1_500 }),
      run({ env, remainingMs: 1_500, file: plain }),
    ]);
    expect(slimRun.hosts[0]).toContain(env.AWS_REGION);
    expect(slimRun.hosts[0]).toBe(plainRun.hosts[0]);
  });
});

describe('bytes', () => {
  it.each([
    ['groups/make', goals.generateBytes],
    ['authorize-api-key', goals.authorizerBytes],
  ])('%s has at most %d of those of one write by the DynamoDB client', async (name, most) => {
    const baseline = statSync(await bundle('tests/evidence/bench/baselines/b.ts', folder, plainSettings)).size;
    const { size } = statSync(await bundle(`functions/${name}.ts`, folder));
    expect(size / baseline).toBeLessThanOrEqual(most);
  });
});
