import { beforeEach, describe, expect, it, vi } from 'vitest';
import { formatApiKeyId, handleOf } from '../lib/domain/api-key-id.ts';
import { deadlineOf, openVerifier, start } from '../lib/service.ts';
import { aKey, anApp } from './support/apps.ts';
import { type CapturedLog, captureLog } from './support/captured-log.ts';
import { fate, scriptedTable } from './support/scripted-table.ts';

let log: CapturedLog;

beforeEach(() => {
  log = captureLog();
});

it('a use that could not be written down is a warning in the log', async () => {
  const apiKeyId = formatApiKeyId('ak', 'app', new Uint8Array(32));
  const app = anApp({ appId: 'app', keys: { [handleOf(apiKeyId)]: aKey() } });
  const verifier = openVerifier({}, scriptedTable(app, [fate.lost]));
  expect(await verifier.check(apiKeyId)).toMatchObject({ verification: { valid: true } });
  expect(log.records()).toMatchObject([{ event: 'last-used', level: 'warn', why: 'lost' }]);
});

describe('what a function needs', () => {
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
    expect(log.records()).toMatchObject([{ event: 'start', level: 'error', why: 'Error: wrong' }]);
  });
});

it.each([
  [Number.POSITIVE_INFINITY, 8_000],
  [9_001, 8_000],
  [3_000, 2_000],
])('a request to which Lambda leaves %i ms ends after %i ms', (remainingMs, expected) => {
  vi.useFakeTimers({ now: 1_000 });
  expect(deadlineOf(remainingMs).at).toBe(1_000 + expected);
  vi.useRealTimers();
});
