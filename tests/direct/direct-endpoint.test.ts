import { beforeEach, describe, expect, it, vi } from 'vitest';
import { generateApiKeyDirect, verifyApiKeyDirect } from '../../lib/contract/routes.ts';
import { directEndpoint } from '../../lib/direct/direct-endpoint.ts';
import { ApiError } from '../../lib/domain/errors.ts';
import { type CapturedLog, captureLog } from '../support/captured-log.ts';
import { lambdaContext } from '../support/events.ts';

let log: CapturedLog;

beforeEach(() => {
  log = captureLog();
  vi.stubEnv('TABLE_NAME', 'a-table');
  vi.stubEnv('SERVICE_KEY_ID', 'alias/a-key');
  vi.stubEnv('AWS_REGION', 'us-east-1');
});

const payload = { app: 'an app', createdBy: 'signup', correlationId: 'correlation', name: 'x' };
const context = { ...lambdaContext(), awsRequestId: 'lambda' };
const ids = { operation: 'generateApiKeyDirect', correlationId: 'correlation', lambdaRequestId: 'lambda' };

async function endedWith(act: () => Promise<{ success: { made: string }; logged: Record<string, string> }>) {
  const result = await directEndpoint(generateApiKeyDirect, () => true, act)(payload, context);
  const [invocation = expect.fail(), ...others] = log.records();
  return { result, invocation, others };
}

describe('an invocation', () => {
  it('that succeeds is told to the log, and as an audit record', async () => {
    const startedAt = Date.now();
    const { result, invocation, others } = await endedWith(async () => ({
      success: { made: 'key' },
      logged: { keyHrn: 'key' },
    }));
    expect(result).toEqual({ ok: true, made: 'key' });
    const told = { ...ids, app: 'an app', createdBy: 'signup', result: 'done', keyHrn: 'key' };
    const { durationMs, ...record } = invocation;
    expect(record).toEqual({ time: expect.any(String), event: 'invocation', ...told });
    expect(durationMs).toBeGreaterThanOrEqual(0);
    expect(durationMs).toBeLessThanOrEqual(Date.now() - startedAt);
    expect(others).toEqual([{ time: expect.any(String), event: 'audit', ...told }]);
  });

  it('that is refused is told with its code, and counted', async () => {
    const { result, invocation, others } = await endedWith(async () => {
      throw new ApiError('503000', { why: 'late' });
    });
    expect(result).toMatchObject({ ok: false, error: { code: '503000', correlationId: 'correlation' } });
    const told = { ...ids, app: 'an app', createdBy: 'signup', result: 'refused', code: '503000', why: 'late' };
    expect(invocation).toMatchObject({ event: 'invocation', ...told, Refusals: 1 });
    expect(invocation).not.toHaveProperty('Verifications');
    expect(others).toMatchObject([{ event: 'audit', ...told }]);
  });
});

it('fields of a payload that are no texts are not told', async () => {
  const handler = directEndpoint(
    generateApiKeyDirect,
    () => true,
    async () => ({ success: {}, logged: {} }),
  );
  for (const given of [{ app: 1, createdBy: null, correlationId: ['a'] }, null]) {
    await handler(given, context);
    expect(log.records().at(-1)).toMatchObject({
      app: '',
      createdBy: '',
      correlationId: expect.stringMatching(/^[\w-]{36}$/),
    });
  }
});

it('a verification that cannot be made is unavailable, counted, and in no audit record', async () => {
  vi.stubEnv('TABLE_NAME', '');
  const handler = directEndpoint(verifyApiKeyDirect, () => true, expect.fail);
  expect(log.records()).toMatchObject([{ event: 'start', why: expect.stringContaining('TABLE_NAME') }]);
  expect(await handler({ apiKeyId: 'x' }, context)).toMatchObject({ ok: false, error: { code: '503000' } });
  const told = { result: 'unavailable', code: '503000', why: 'the function is not configured' };
  expect(log.records().slice(1)).toMatchObject([{ event: 'invocation', ...told, Verifications: 1, Refusals: 1 }]);
});
