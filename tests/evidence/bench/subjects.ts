import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { marshall } from '@aws-sdk/util-dynamodb';
import { bundle, plainSettings } from '../../../infra/release/bundle.ts';
import { formatApiKeyId, handleOf } from '../../../lib/domain/api-key-id.ts';
import { newApp } from '../../../lib/domain/app.ts';
import type { Settings } from '../../../lib/service/settings.ts';
import { restRequest } from '../../support/authorizer-events.ts';
import { restEvent } from '../../support/events.ts';
import { startIssuer } from '../../support/issuer.ts';
import { settingsFolder, testIssuer, testSettings } from '../../support/settings.ts';
import { startCannedDynamodb } from './canned-dynamodb.ts';
import { trustingSettings } from './trusting.ts';

/** A bundle, and an event for it. */
export interface Subject {
  readonly file: string;
  readonly event: object;
}

export const appId = 'app1';
const realm = 'myrealm';

/** What is measured, and the servers that it asks. */
export interface Subjects {
  readonly b: Subject;
  readonly c: Subject;
  /** b, and before it what stands before generating a key */
  readonly guarded: Subject;
  /** the read of a verification by the client alone */
  readonly read: Subject;
  /** the group of operations that generate keys, asked for one */
  readonly generate: Subject;
  readonly direct: Subject;
  readonly authorizer: Subject;
  /** `generate` without verifying its token */
  readonly trusting: Subject;
  /** bundle of `createVerifier` */
  readonly verifier: string;
  readonly key: string;
  readonly appHrn: string;
  readonly env: Record<string, string>;
  /** the same without a rate limit */
  readonly unlimited: Record<string, string>;
  /** that on another table */
  onTable(endpoint: string, tableName: string): Record<string, string>;
  stop(): void;
}

export async function buildSubjects(): Promise<Subjects> {
  const folder = mkdtempSync(join(tmpdir(), 'appkeys-bench-'));
  const issuer = await startIssuer('https://issuer.test', [realm]);
  const { issuer: name, jwksUri } = issuer;
  const settings = testSettings({
    tableName: 'bench',
    issuers: [testIssuer({ issuer: name, jwksUri, realms: [realm] })],
  });
  const key = formatApiKeyId('ak', appId, new Uint8Array(32));
  const database = await startCannedDynamodb({ [appId]: itemWith(appId, handleOf(key)) });
  const token = await issuer.sign({ permissions: ['account:manage:*'], exp: Math.floor(Date.now() / 1000) + 86_400 });
  const appHrn = `hrn:here:account::${realm}:app/${appId}`;
  const request = restEvent('generateApiKey', {
    path: { app: encodeURIComponent(appHrn) },
    headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
    body: { name: 'a key' },
  });
  const shipped = async (name: string, event: object) => ({
    file: await bundle(`functions/${name}.ts`, folder),
    event,
  });
  const baseline = async (name: string) => ({
    file: await bundle(`tests/evidence/bench/baselines/${name}.ts`, folder, plainSettings),
    event: { appId },
  });
  return {
    b: await baseline('b'),
    c: await baseline('c'),
    guarded: { ...(await baseline('guarded')), event: request },
    read: await baseline('read'),
    generate: await shipped('groups/make', request),
    trusting: {
      file: await bundle('functions/groups/make.ts', join(folder, 'trusting'), trustingSettings),
      event: request,
    },
    direct: await shipped('generate-api-key-direct', { app: appHrn, name: 'a key' }),
    authorizer: await shipped('authorize-api-key', restRequest({ headers: { 'x-api-key': key } })),
    verifier: await bundle('lib/package/verifier/create-verifier.ts', folder),
    key,
    appHrn,
    env: environment(database.endpoint, { ...settings, rateLimit: '10,20' }),
    unlimited: environment(database.endpoint, settings),
    onTable: (endpoint, tableName) => environment(endpoint, { ...settings, tableName }),
    stop() {
      database.stop();
      issuer.stop();
      rmSync(folder, { recursive: true });
    },
  };
}

/** An application with one key. */
export function itemWith(appId: string, handle: string): object {
  const now = Date.now();
  const app = newApp({ appId, realm, name: 'bench', owner: 'demo', now, op: 'bench', correlationId: 'bench' });
  const key = { name: 'a key', enabled: true, createdTime: now, createdBy: 'demo', expiresAt: -1 };
  const item = { pk: appId, sk: 'app', ...app, keyCount: 1, keys: { [handle]: key } };
  return marshall(item, { removeUndefinedValues: true });
}

/** What a process of the service needs: the table, and `settings.json`. */
function environment(endpoint: string, settings: Settings): Record<string, string> {
  return { ...tableEnvironment(endpoint, settings.tableName), LAMBDA_TASK_ROOT: settingsFolder(settings) };
}

/** What a process needs to reach the table. `TABLE_NAME` is for the verifier and the baselines. */
export function tableEnvironment(endpoint: string, tableName = 'bench'): Record<string, string> {
  return {
    AWS_ENDPOINT_URL_DYNAMODB: endpoint,
    AWS_REGION: 'eu-central-1',
    AWS_ACCESS_KEY_ID: 'bench',
    AWS_SECRET_ACCESS_KEY: 'bench',
    TABLE_NAME: tableName,
  };
}

export function bytesOf({ file }: Subject): number {
  return statSync(file).size;
}
