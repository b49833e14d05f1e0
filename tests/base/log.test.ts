import { afterEach, describe, expect, it, vi } from 'vitest';
import { formatLogLine, formatWhy, type Level, type LogRecord, log } from '../../lib/base/log.ts';
import { version } from '../../lib/base/version.ts';
import { restRequest } from '../support/authorizer-events.ts';
import { captureLog } from '../support/captured-log.ts';
import { hrnOf, startService } from '../support/service.ts';

afterEach(() => void vi.unstubAllEnvs());

it.each<[string, unknown, string | undefined]>([
  ['nothing', undefined, undefined],
  ['a text', 'late', 'late'],
  ['an error', new TypeError('late'), 'TypeError: late'],
  ['an error with a code', Object.assign(new Error('late'), { code: 'ELATE' }), 'ELATE: late'],
  ['an error with a number for a code', Object.assign(new Error('late'), { code: 7 }), 'Error: late'],
  ['no error', { message: 'late' }, 'a value that is not an Error was thrown'],
])('the reason of %s in one line', (_, why, expected) => {
  expect(formatWhy(why)).toBe(expected);
});

it('a record has no character that ends a line', () => {
  expect(formatLogLine({ name: 'a\nb\u2028c\u2029d' })).toBe('{"name":"a\\nb\\u2028c\\u2029d"}');
});

it('security 7: a record has no API key, however that came into it', () => {
  const key = `my_ak_app1_${'x'.repeat(49)}`;
  const line = formatLogLine({ why: `Error: ${key}`, stack: `at\n${key}, ${key}`, other: 'my_ak_app1', list: [key] });
  expect(line).not.toContain('x'.repeat(40));
  expect(JSON.parse(line)).toMatchObject({ why: 'Error: my_a[API key]', other: 'my_ak_app1' });
});

it('a level or an event that there is not does not compile', () => {
  // @ts-expect-error
  const level: Level = 'warning';
  // @ts-expect-error
  const record: LogRecord = { event: 'else', level: 'INFO' };
  expect([level, record.event]).toEqual(['warning', 'else']);
});

/** What Lambda sets for a function, and anew for each of its invocations. */
function stubInvocation(root: string): void {
  vi.stubEnv('AWS_LAMBDA_FUNCTION_NAME', 'appkeys-test-fn');
  vi.stubEnv('_X_AMZN_TRACE_ID', `Root=${root};Parent=53995c3f42cd8ad8;Sampled=1`);
}

describe('in Lambda', () => {
  it('a line tells its function, its trace, and whether the process is new', async () => {
    vi.resetModules();
    const { log: logAnew } = await import('../../lib/base/log.ts');
    const captured = captureLog();
    for (const root of ['1-first', '1-first', '1-second', '1-first2']) {
      stubInvocation(root);
      logAnew({ event: 'access', level: 'INFO' });
    }
    const told = captured
      .records()
      .map(({ function_name, cold_start, xray_trace_id }) => [function_name, cold_start, xray_trace_id]);
    expect(told).toEqual([
      ['appkeys-test-fn', true, '1-first'],
      ['appkeys-test-fn', true, '1-first'],
      ['appkeys-test-fn', false, '1-second'],
      ['appkeys-test-fn', false, '1-first2'],
    ]);
  });

  it('a process that was started beforehand is not new', async () => {
    vi.resetModules();
    const { log: logAnew } = await import('../../lib/base/log.ts');
    const captured = captureLog();
    stubInvocation('1-first');
    vi.stubEnv('AWS_LAMBDA_INITIALIZATION_TYPE', 'provisioned-concurrency');
    logAnew({ event: 'access', level: 'INFO' });
    expect(captured.records()).toMatchObject([{ cold_start: false }]);
  });
});

it('elsewhere a line has no function and no trace', () => {
  const captured = captureLog();
  log({ event: 'start', level: 'ERROR', why: 'x' });
  const common = { timestamp: expect.any(String), level: 'ERROR', message: expect.any(String), service: 'appkeys' };
  expect(captured.records()).toEqual([{ ...common, version, event: 'start', why: 'x' }]);
});

it('every line of every kind of request has the fields of AWS Powertools, and the version', async () => {
  const service = await startService();
  stubInvocation('1-6927d2fd-0123456789abcdef01234567');
  const app = await service.seed();
  const { apiKeyId } = (await service.generate(app)).body;
  await service.generate(app, {});
  await service.generate(app, { name: 'x' }, { Authorization: 'Bearer x' });
  await service.invoke({ app: decodeURIComponent(hrnOf(app)), name: 'x' });
  await service.invokeVerify({ apiKeyId });
  await service.authorize(restRequest({ headers: { 'x-api-key': apiKeyId } }));
  const records = service.log.records();
  const events = records.map(({ event }) => event);
  expect(new Set(events)).toEqual(new Set(['access', 'audit', 'invocation', 'verification']));
  for (const record of records) {
    expect(record).toMatchObject({
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      level: expect.stringMatching(/^(DEBUG|INFO|WARN|ERROR)$/),
      message: expect.stringMatching(/./),
      service: 'appkeys',
      version,
      correlation_id: expect.stringMatching(/./),
      function_name: 'appkeys-test-fn',
      cold_start: expect.any(Boolean),
      xray_trace_id: '1-6927d2fd-0123456789abcdef01234567',
    });
  }
});
