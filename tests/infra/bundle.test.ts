import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { bundle } from '../../infra/release/bundle.ts';
import { restRequest } from '../support/authorizer-events.ts';
import { restEvent } from '../support/events.ts';
import { copyService, packageService } from '../support/package.ts';
import { hrnOf, startService, type TestService } from '../support/service.ts';
import { settingsFolder, testSettings } from '../support/settings.ts';

const { folder, remove } = copyService();
let service: TestService;

/** Loads a bundle as Lambda does, hands it one event, and prints what it returns. */
const runner = `
const [, , bundle, event] = process.argv;
const { handler } = await import(bundle);
const context = { awsRequestId: 'x', getRemainingTimeInMillis: () => 10_000 };
const result = await handler(JSON.parse(event), context).catch(({ message }) => ({ thrown: message }));
console.log('RESULT' + JSON.stringify(result));
`;

beforeAll(async () => {
  await packageService(folder);
  writeFileSync(join(folder, 'runner.mjs'), runner);
  service = await startService();
});
afterAll(remove);

async function run(name: string, file: string, event: unknown, env: Record<string, string> = {}) {
  const bundle = join(folder, 'bundles', name, `functions/${file}.mjs`);
  const args = [join(folder, 'runner.mjs'), bundle, JSON.stringify(event)];
  const { stdout } = await promisify(execFile)(process.execPath, args, { env: { ...process.env, ...env } });
  const lines = stdout.split('\n').filter(Boolean);
  const result = JSON.parse(lines.find((line) => line.startsWith('RESULT'))?.slice(6) ?? 'null');
  return { result, log: lines.filter((line) => !line.startsWith('RESULT')).map((line) => JSON.parse(line)) };
}

describe('the packaged bundle', () => {
  it('201 for an event as the live gateway sends it: path parameter still encoded, headers in mixed case', async () => {
    const app = await service.seed();
    const event = restEvent('generateApiKey', {
      path: { app: hrnOf(app) },
      headers: {
        aUTHORIZATION: `Bearer ${await service.issuer.sign()}`,
        'CONTENT-type': 'application/json',
        'x-CORRELATION-id': 'from-caller',
        'X-Forwarded-For': '203.0.113.7',
      },
      body: { name: 'packaged' },
    });
    const { result, log } = await run('make', 'groups/make', event);
    expect(result).toMatchObject({ statusCode: 201, headers: { 'X-Correlation-ID': 'from-caller' } });
    expect(JSON.parse(result.body).name).toBe('packaged');
    expect((await service.item(app)).keyCount).toBe(1);
    expect(log).toMatchObject([
      { event: 'access', status: 201, correlation_id: 'from-caller' },
      { event: 'audit', result: 'done', correlation_id: 'from-caller' },
    ]);
  });

  it('answers a direct invocation', async () => {
    const app = await service.seed();
    const payload = { app: decodeURIComponent(hrnOf(app)), name: 'direct' };
    const { result } = await run('generateApiKeyDirect', 'generate-api-key-direct', payload);
    expect(result).toMatchObject({ ok: true, apiKey: { name: 'direct' } });
  });

  it('authorizes requests to other APIs, without settings that others need', async () => {
    const { body: key } = await service.generate(await service.seed());
    const lean = { serviceKeyId: '', issuers: [], tableName: service.tableName };
    const env = { LAMBDA_TASK_ROOT: settingsFolder(testSettings(lean)) };
    const authorize = (apiKeyId: string) =>
      run('authorizeApiKey', 'authorize-api-key', restRequest({ headers: { 'X-Api-Key': apiKeyId } }), env);
    const allowed = await authorize(key.apiKeyId);
    expect(allowed.result).toMatchObject({ principalId: key.identity, context: { keyHrn: key.apiKey } });
    expect(allowed.log).toMatchObject([{ event: 'verification', result: 'valid' }]);
    expect((await authorize(`${key.apiKeyId}x`)).result).toEqual({ thrown: 'Unauthorized' });
  });

  it.each(['', '{', '[]', '{"version":"0.0.0"}'])(
    'security 24: 503 and one clear log line at start when settings.json is %j',
    async (text) => {
      const event = restEvent('getApp', { path: { app: 'x' } });
      const broken = mkdtempSync(join(folder, 'broken-'));
      writeFileSync(join(broken, 'settings.json'), text);
      const { result, log } = await run('read', 'groups/read', event, { LAMBDA_TASK_ROOT: broken });
      expect(result).toMatchObject({ statusCode: 503, headers: { 'Retry-After': '60' } });
      expect(log[0]).toMatchObject({
        event: 'start',
        level: 'ERROR',
        why: expect.stringMatching(/^SettingsError: settings\.json .+\. Package the stage again\./),
      });
      expect(log).toMatchObject([{ event: 'start' }, { event: 'access', operation: 'getApp' }]);
    },
  );

  it('serves the OpenAPI document without any setting but the bundle itself', async () => {
    const { result } = await run('pages', 'groups/pages', restEvent('getOpenapi', {}), {
      LAMBDA_TASK_ROOT: folder,
    });
    expect(JSON.parse(result.body).openapi).toBe('3.1.0');
  });

  it('is what tests and benchmarks build, byte for byte', async () => {
    const built = await bundle('functions/groups/make.ts', join(folder, 'built'));
    const packaged = join(folder, 'bundles/make/functions/groups/make.mjs');
    expect(readFileSync(built).equals(readFileSync(packaged))).toBe(true);
  });

  it('runs on the database of the test', () => expect(process.env.AWS_ENDPOINT_URL_DYNAMODB).toBe(inject('endpoint')));
});
