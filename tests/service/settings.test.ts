import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { version } from '../../lib/base/version.ts';
import { rateLimitOf, readSettings, settingsOf, verifierSettings } from '../../lib/service/settings.ts';
import { defaultSettings, settingsFolder, testSettings } from '../support/settings.ts';

const read = (folder: string) => readSettings({ LAMBDA_TASK_ROOT: folder });

/** @returns a folder whose `settings.json` holds this text */
function folderWith(text: string): string {
  const folder = settingsFolder({});
  writeFileSync(join(folder, 'settings.json'), text);
  return folder;
}

/** @returns a folder in which `settings.json` is itself a folder */
function folderInPlaceOfFile(): string {
  const folder = join(settingsFolder({}), 'inner');
  mkdirSync(join(folder, 'settings.json'), { recursive: true });
  return folder;
}

it('the functions of a stage have its settings but those of the deployment, its names and the version of the service', () => {
  const { deployment: _, ...read } = defaultSettings;
  expect(settingsOf('prod', defaultSettings)).toEqual({
    ...read,
    version,
    tableName: 'appkeys-prod',
    serviceKeyId: 'alias/appkeys-prod',
    metricsNamespace: 'appkeys-prod',
  });
});

describe('settings.json', () => {
  it("is read in the folder of the function's code", () => {
    expect(read(settingsFolder(testSettings()))).toEqual(testSettings());
  });

  it.each([{}, { LAMBDA_TASK_ROOT: '' }])('is read in the working folder where Lambda names no other: %j', (env) => {
    const before = process.cwd();
    process.chdir(settingsFolder(testSettings({ partition: 'olp' })));
    try {
      expect(readSettings(env).partition).toBe('olp');
    } finally {
      process.chdir(before);
    }
  });

  it.each<[string, () => string]>([
    ['is missing', () => '/nowhere'],
    ['is empty', () => folderWith('')],
    ['is not JSON', () => folderWith('{"version":')],
    ['is a folder', folderInPlaceOfFile],
  ])('security 24: one that %s stops the start', (_, folder) => {
    const message = 'settings.json cannot be read. Package the stage again.';
    expect(() => read(folder())).toThrow(
      expect.objectContaining({ name: 'SettingsError', message, cause: expect.any(Error) }),
    );
  });

  it.each([
    { ...testSettings(), version: '0.0.0' },
    { ...testSettings(), version: undefined },
    { ...testSettings(), version: [version] },
    {},
    [],
    'text',
    1,
    null,
  ])('security 24: one of another version stops the start: %j', (settings) => {
    const message = `settings.json is not of version ${version} of the service. Package the stage again.`;
    expect(() => read(settingsFolder(settings))).toThrow(expect.objectContaining({ name: 'SettingsError', message }));
  });
});

describe('the settings of a verifier', () => {
  it('are those of the stage', () => {
    const verify = { cacheSeconds: 0, lastUsedSeconds: 60 };
    const keys = { prefix: 'new', prefixesAccepted: ['old', 'my_old'] };
    expect(verifierSettings(testSettings({ partition: 'olp', keys, verify }))).toEqual({
      partition: 'olp',
      prefixes: ['new', 'old', 'my_old'],
      cacheSeconds: 0,
      lastUsedSeconds: 60,
    });
  });

  it('have no interval where the use of API keys is not recorded', () => {
    expect(verifierSettings(testSettings({ verify: { lastUsedSeconds: 'off' } })).lastUsedSeconds).toBeUndefined();
  });
});

it.each([
  ['off', undefined],
  ['10,20', { requestsPerSecond: 10, burst: 20 }],
  ['0.5,1', { requestsPerSecond: 0.5, burst: 1 }],
  ['0.001,1', { requestsPerSecond: 0.001, burst: 1 }],
  ['100000,100000', { requestsPerSecond: 100_000, burst: 100_000 }],
  ['12.125,7', { requestsPerSecond: 12.125, burst: 7 }],
])('the rate limit %s', (rateLimit, limit) => {
  expect(rateLimitOf({ ...defaultSettings, rateLimit })).toEqual(limit);
});
