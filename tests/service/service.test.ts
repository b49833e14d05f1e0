import { beforeEach, describe, expect, it, vi } from 'vitest';
import { formatApiKeyId, handleOf } from '../../lib/domain/api-key-id.ts';
import { deadlineOf, newErrorId, openService, openVerifier, start } from '../../lib/service/service.ts';
import { aKey, anApp } from '../support/apps.ts';
import { type CapturedLog, captureLog } from '../support/captured-log.ts';
import { startProcess } from '../support/environment.ts';
import { fate, scriptedTable } from '../support/scripted-table.ts';

let log: CapturedLog;

beforeEach(() => {
  log = captureLog();
});

it('a use that could not be written down is a warning in the log', async () => {
  const apiKeyId = formatApiKeyId('ak', 'app', new Uint8Array(32));
  const app = anApp({ appId: 'app', keys: { [handleOf(apiKeyId)]: aKey() } });
  const verifier = openVerifier({}, scriptedTable(app, [fate.lost]));
  expect(await verifier.check(apiKeyId)).toMatchObject({ verification: { valid: true } });
  expect(log.records()).toMatchObject([{ event: 'last-used', level: 'WARN', why: 'lost' }]);
});

describe('what a function needs', () => {
  const env = { TABLE_NAME: 'a-table', SERVICE_KEY_ID: 'alias/a-key', HRN_PARTITION: 'olp' };

  it('is opened as the settings say', async () => {
    const { settings, table, mac, verifier } = openService(env);
    expect(settings).toMatchObject({ tableName: 'a-table', serviceKeyId: 'alias/a-key', partition: 'olp' });
    expect([typeof table.attemptGet, typeof mac]).toEqual(['function', 'function']);
    expect((await verifier.check('x')).verification).toEqual({ valid: false, reason: 'malformed' });
  });

  it('is a verifier alone, with a table of its own', async () => {
    const verifier = openVerifier({ TABLE_NAME: 'a-table' });
    expect((await verifier.check('x')).verification).toEqual({ valid: false, reason: 'malformed' });
  });

  it.each([
    ['SERVICE_KEY_ID', () => openService({ ...env, SERVICE_KEY_ID: '' })],
    ['TABLE_NAME', () => openService({ ...env, TABLE_NAME: '' })],
    ['TABLE_NAME', () => openVerifier({})],
    ['VERIFY_CACHE_SECONDS', () => openVerifier({ ...env, VERIFY_CACHE_SECONDS: 'x' })],
  ])('is not opened with %s missing or wrong', (setting, open) => {
    expect(open).toThrow(setting);
  });

  it('is opened with the settings of its process', () => {
    vi.stubEnv('TABLE_NAME', 'a-table');
    expect(start(({ TABLE_NAME }) => TABLE_NAME)).toBe('a-table');
    expect(log.records()).toEqual([]);
  });

  it('is not there, and the log tells why, where that fails', () => {
    const opened = start(() => {
      throw new Error('wrong');
    });
    expect(opened).toBeUndefined();
    expect(log.records()).toMatchObject([{ event: 'start', level: 'ERROR', why: 'Error: wrong' }]);
  });

  it('is opened once in a process, for all the operations of a function', () => {
    const open = vi.fn(() => ({}));
    const first = start(open);
    expect(start(open)).toBe(first);
    expect(open).toHaveBeenCalledTimes(1);
    startProcess();
    expect(start(open)).not.toBe(first);
  });

  it('fails once in a process, with one line in the log', () => {
    const open = vi.fn(() => {
      throw new Error('wrong');
    });
    expect([start(open), start(open)]).toEqual([undefined, undefined]);
    expect(open).toHaveBeenCalledTimes(1);
    expect(log.records()).toHaveLength(1);
  });
});

it.each([
  [Number.POSITIVE_INFINITY, 8_000],
  [9_001, 8_000],
  [3_000, 2_000],
])('a request to which Lambda leaves %i ms ends after %i ms', (remainingMs, expected) => {
  vi.useFakeTimers({ now: 1_000 });
  const deadline = deadlineOf(remainingMs);
  expect([deadline.at, deadline.now()]).toEqual([1_000 + expected, 1_000]);
  vi.useRealTimers();
});

it('every error has an id of its own', () => {
  expect(newErrorId()).toMatch(/^ERROR-[\da-f-]{36}$/);
  expect(newErrorId()).not.toBe(newErrorId());
});
