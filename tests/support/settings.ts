import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defaultClaims } from '../../lib/service/http/token-claims.ts';
import { type Settings, type StageSettings, settingsOf, type TokenIssuer } from '../../lib/service/settings.ts';

/** Settings that a test changes; of a group, only what it names. */
export type SettingsParts = {
  readonly [Name in keyof Settings]?: Settings[Name] extends readonly unknown[] | string | undefined
    ? Settings[Name]
    : Partial<Settings[Name]>;
};

/** What `infra/settings/schema.ts` completes an empty file with; a test holds the two against each other. */
export const defaultSettings: StageSettings = {
  partition: 'here',
  rateLimit: '10,20',
  keys: { prefix: 'ak', prefixesAccepted: [], maxPerApp: 2 },
  verify: { cacheSeconds: 10, lastUsedSeconds: 3600, maxStaleSeconds: 310 },
  revoke: { enabled: true, rateLimit: 50, burstLimit: 100 },
  notices: { idleDays: 90 },
  authorizer: { defaultRealms: ['myrealm'] },
  gateway: { rateLimit: 500, burstLimit: 1000 },
  issuerKeys: { maxStaleSeconds: 21_600 },
  issuers: [],
  deployment: {
    canary: true,
    dashboard: false,
    contributorInsights: false,
    memorySize: 512,
    reservedConcurrency: {},
    pages: { enabled: true, rateLimit: 20, burstLimit: 40 },
    logs: { retentionDays: 30 },
    table: {},
    accountLogRole: true,
    authorizerAccounts: [],
    tags: {},
  },
};

/** @returns the settings of the stage `test`, with the rate limit off */
export function testSettings(parts: SettingsParts = {}): Settings {
  const settings = settingsOf('test', { ...defaultSettings, rateLimit: 'off' });
  const merged = Object.entries(parts).map(([name, part]) => {
    const isGroup = typeof part === 'object' && !Array.isArray(part);
    return [name, isGroup ? { ...(settings[name as keyof Settings] as object), ...part } : part];
  });
  return { ...settings, ...Object.fromEntries(merged) };
}

/** @returns an issuer for tests, whose tokens have their claims under the usual names */
export function testIssuer(parts: Partial<TokenIssuer> & Pick<TokenIssuer, 'issuer' | 'jwksUri'>): TokenIssuer {
  return { audience: ['appkeys'], algorithms: ['ES256'], claims: defaultClaims, ...parts };
}

const folders: string[] = [];
process.once('exit', () => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** Writes `settings.json` into a new folder. @returns the folder, for `LAMBDA_TASK_ROOT` */
export function settingsFolder(settings: unknown): string {
  const folder = mkdtempSync(join(tmpdir(), 'appkeys-settings-'));
  folders.push(folder);
  writeFileSync(join(folder, 'settings.json'), JSON.stringify(settings));
  return folder;
}
