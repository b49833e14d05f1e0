import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { formatApiKeyId, handleOf } from '../../lib/domain/api-key-id.ts';
import { deadlineOf, newErrorId, openService, openVerifier, start } from '../../lib/service/service.ts';
import { aKey, anApp } from '../support/apps.ts';
import { type CapturedLog, captureLog } from '../support/captured-log.ts';
import { startProcess } from '../support/environment.ts';
import { fate, scriptedTable } from '../support/scripted-table.ts';
import { settingsFolder, testSettings } from '../support/settings.ts';

let log: CapturedLog;

beforeEach(() => {
  log = captureLog();
});

it('a use that could not be written down is a warning in the log', async () => {
  const apiKeyId = formatApiKeyId('ak', 'app', new Uint8Array(32));
  const app = anApp({ appId: 'app', keys: { [handleOf(apiKeyId)]: aKey() } });
  const verifier = openVerifier(testSettings(), scriptedTable(app, [fate.lost]));
  expect(await verifier.check(apiKeyId)).toMatchObject({ verification: { valid: true } });
  expect(log.records()).toMatchObject([{ event: 'last-used', level: 'WARN', why: 'lost' }]);
});

describe('what a function needs', () => {
  const given = testSettings({ tableName: 'a-table', serviceKeyId: 'alias/a-key', partition: 'olp' });

  beforeEach(() => void vi.stubEnv('LAMBDA_TASK_ROOT', settingsFolder(given)));
  afterEach(() => void vi.unstubAllEnvs());

  it('is opened as the settings say', async () => {
    const { settings, table, mac, verifier } = openService(given);
    expect(settings).toBe(given);
    expect([typeof table.attemptGet, typeof mac]).toEqual(['function', 'function']);
    expect((await verifier.check('x')).verification).toEqual({ valid: false, reason: 'malformed' });
  });

  it('is a verifier alone, with a table of its own', async () => {
    const verifier = openVerifier(given);
    expect((await verifier.check('x')).verification).toEqual({ valid: false, reason: 'malformed' });
  });

  it.each([
    ['of a retired prefix is verified', { prefixesAccepted: ['old'] }, 'valid'],
    ['of a prefix that is not in the settings is malformed', {}, 'malformed'],
  ])('verifies as the settings say: a key %s', async (_, keys, result) => {
    const apiKeyId = formatApiKeyId('old', 'app', new Uint8Array(32));
    const app = anApp({ appId: 'app', keys: { [handleOf(apiKeyId)]: aKey() } });
    const { verification } = await openVerifier(testSettings({ keys }), scriptedTable(app)).check(apiKeyId);
    expect(verification.valid ? 'valid' : verification.reason).toBe(result);
  });

  it('is opened with the settings of its process', () => {
    expect(start((settings) => settings)).toEqual(given);
    expect(log.records()).toEqual([]);
  });

  it('is not opened where the settings cannot be read, and the log tells why', () => {
    vi.stubEnv('LAMBDA_TASK_ROOT', '/nowhere');
    expect(start(() => expect.fail())).toBeUndefined();
    const why = 'SettingsError: settings.json cannot be read. Package the stage again.';
    expect(log.records()).toMatchObject([{ event: 'start', level: 'ERROR', why }]);
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
