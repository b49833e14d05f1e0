import { beforeEach, describe, expect, it, vi } from 'vitest';
import { version } from '../../lib/base/version.ts';
import { generateApiKeyDirect, type Route, verifyApiKeyDirect } from '../../lib/contract/routes.ts';
import { ApiError } from '../../lib/domain/errors.ts';
import { type DirectCall, directEndpoint } from '../../lib/service/direct-endpoint.ts';
import { keyMade } from '../../lib/service/metrics.ts';
import { type CapturedLog, captureLog } from '../support/captured-log.ts';
import { startProcess } from '../support/environment.ts';
import { lambdaContext } from '../support/events.ts';
import { settingsFolder, testSettings } from '../support/settings.ts';

let log: CapturedLog;

beforeEach(() => {
  log = captureLog();
  vi.stubEnv('LAMBDA_TASK_ROOT', settingsFolder(testSettings({ tableName: 'a-table', serviceKeyId: 'alias/a-key' })));
  vi.stubEnv('AWS_REGION', 'us-east-1');
});

const payload = { app: 'an app', createdBy: 'signup', correlationId: 'correlation', name: 'x' };
const context = { ...lambdaContext(), awsRequestId: 'lambda' };
const ids = { operation: 'generateApiKeyDirect', correlation_id: 'correlation', lambdaRequestId: 'lambda' };
const fits = () => true;
const made = async () => ({ success: { made: 'key' }, logged: { keyHrn: 'key' }, metrics: [keyMade] });

type Act = (call: DirectCall, payload: object) => Promise<{ success: object; logged: Record<string, string> }>;

/** An endpoint that takes and gives other fields than the contract's, which the compiler refuses elsewhere. */
function looseEndpoint(operation: Route, validate: typeof fits, act: Act) {
  startProcess();
  return directEndpoint(operation as never, validate, act as never);
}

async function endedWith(act: Act, validate = fits) {
  const result = await looseEndpoint(generateApiKeyDirect, validate, act)(payload, context);
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
    const common = { timestamp: expect.any(String), level: 'INFO', service: 'appkeys', version };
    const ofInvocation = { message: 'direct invocation answered', event: 'invocation' };
    expect(record).toEqual({ ...common, ...ofInvocation, ...told });
    expect(durationMs).toBeGreaterThanOrEqual(0);
    expect(durationMs).toBeLessThanOrEqual(Date.now() - startedAt);
    expect(others).toEqual([
      { ...common, message: 'change, or rejection for lack of a right', event: 'audit', ...told },
    ]);
  });

  it('has its figures in the log, and not in the audit record', async () => {
    const { invocation, others } = await endedWith(made);
    expect(invocation).toMatchObject({ event: 'invocation', KeysMade: 1 });
    expect(others).toHaveLength(1);
    expect(others[0]).not.toHaveProperty('KeysMade');
  });

  it('is carried out with what the service works with, and the time that Lambda leaves', async () => {
    let called: unknown;
    const before = Date.now();
    await endedWith(async (...given) => {
      called = given;
      return made();
    });
    expect(called).toMatchObject([
      { correlationId: 'correlation', settings: { tableName: 'a-table', serviceKeyId: 'alias/a-key' } },
      payload,
    ]);
    const [{ deadline, table, mac, verifier }] = called as Parameters<Act>;
    expect(deadline.at).toBeGreaterThanOrEqual(before + 8_000);
    expect(deadline.at).toBeLessThanOrEqual(deadline.now() + 8_000);
    expect([typeof table.attemptGet, typeof mac, typeof verifier.check]).toEqual(['function', 'function', 'function']);
  });

  it('that is refused is told with its code, and counted', async () => {
    const { result, invocation, others } = await endedWith(async () => {
      throw new ApiError('503000', { why: 'late' });
    });
    expect(result).toEqual({
      ok: false,
      error: expect.objectContaining({ code: '503000', correlationId: 'correlation', errorId: invocation.errorId }),
    });
    expect(invocation.errorId).toMatch(/^ERROR-[\da-f-]{36}$/);
    const told = { ...ids, app: 'an app', createdBy: 'signup', result: 'refused', code: '503000', why: 'late' };
    expect(invocation).toMatchObject({ event: 'invocation', ...told, Refusals: 1 });
    expect(invocation).not.toHaveProperty('Verifications');
    expect(others).toMatchObject([{ event: 'audit', ...told }]);
    expect(others[0]).not.toHaveProperty('Refusals');
  });

  it('whose payload does not fit is not carried out, and nothing of the payload is told', async () => {
    const { result, invocation, others } = await endedWith(expect.fail, () => false);
    expect(result).toMatchObject({ ok: false, error: { code: '400200' } });
    expect(invocation).toMatchObject({ ...ids, result: 'refused', code: '400200', Refusals: 1 });
    for (const record of [invocation, ...others]) {
      expect(record).not.toHaveProperty('app');
      expect(record).not.toHaveProperty('createdBy');
    }
  });

  it('that crashes is 500000, and the log tells why', async () => {
    const { result, invocation } = await endedWith(async () => {
      throw new Error('a table is broken');
    });
    expect(result).toMatchObject({ ok: false, error: { code: '500000' } });
    expect(JSON.stringify(result)).not.toContain('broken');
    expect(invocation).toMatchObject({ code: '500000', why: 'Error: a table is broken' });
  });
});

it('fields of a payload that are no texts are not told', async () => {
  const handler = looseEndpoint(generateApiKeyDirect, fits, async () => ({ success: {}, logged: {} }));
  for (const given of [{ app: 1, createdBy: null, correlationId: ['a'] }, null, undefined]) {
    await handler(given, context);
    expect(log.records().at(-1)).toMatchObject({
      app: '',
      createdBy: '',
      correlation_id: expect.stringMatching(/^[\w-]{36}$/),
    });
  }
});

it('a correlation id that cannot stand in a header is not taken', async () => {
  const handler = looseEndpoint(generateApiKeyDirect, () => false, expect.fail);
  const result = await handler({ ...payload, correlationId: 'a b' }, context);
  expect(result).toMatchObject({ error: { correlationId: expect.stringMatching(/^[\da-f-]{36}$/) } });
});

describe('a verification', () => {
  it('that is made is in no audit record', async () => {
    const act = async () => ({ success: {}, logged: { result: 'valid' } });
    await looseEndpoint(verifyApiKeyDirect, fits, act)({ apiKeyId: 'x' }, context);
    expect(log.records()).toMatchObject([{ event: 'invocation', operation: 'verifyApiKeyDirect', result: 'valid' }]);
  });

  it('that is refused for its payload is refused, and no verification', async () => {
    await looseEndpoint(verifyApiKeyDirect, () => false, expect.fail)({}, context);
    const [record] = log.records();
    expect(record).toMatchObject({ event: 'invocation', result: 'refused', code: '400200', Refusals: 1 });
    expect(record).not.toHaveProperty('Verifications');
  });

  it('that cannot be made is unavailable, counted, and in no audit record', async () => {
    vi.stubEnv('LAMBDA_TASK_ROOT', '/nowhere');
    const handler = looseEndpoint(verifyApiKeyDirect, fits, expect.fail);
    expect(log.records()).toMatchObject([{ event: 'start', why: expect.stringContaining('settings.json') }]);
    expect(await handler({ apiKeyId: 'x' }, context)).toMatchObject({ ok: false, error: { code: '503000' } });
    const told = { result: 'unavailable', code: '503000', why: 'the function is not configured' };
    expect(log.records().slice(1)).toMatchObject([{ event: 'invocation', ...told, Verifications: 1, Refusals: 1 }]);
  });
});
