import { isDeepStrictEqual } from 'node:util';
import { DynamoDBDocumentClient, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import { localClient } from '../../../infra/local/table.ts';
import type { ApiKey } from '../../../lib/domain/api-key.ts';
import { formatApiKeyId, handleOf, type KeyHandle } from '../../../lib/domain/api-key-id.ts';
import { type App, newApp } from '../../../lib/domain/app.ts';
import { formatApiKeyHrn, formatAppHrn } from '../../../lib/domain/hrn.ts';
import { memberItem } from '../../../lib/store/members.ts';

const names = [
  'one',
  'full',
  'none',
  'missing',
  'disabled',
  'expired',
  'rotated',
  'deactivated',
  'issued',
  'deleted',
  'sibling',
  'foreign',
] as const;
/** An application of the world, by the state that it is in. */
export type AppName = (typeof names)[number];
export const appNames: readonly AppName[] = names;

export function isAppName(appId: string): appId is AppName {
  return (names as readonly string[]).includes(appId);
}

const realms: Partial<Record<AppName, string>> = { sibling: 'other', foreign: 'third' };
const key: ApiKey = { name: 'a key', enabled: true, createdTime: 1, createdBy: 'manager', expiresAt: -1 };
const keysIn: Record<AppName, readonly ApiKey[]> = {
  one: [key],
  full: [key, key],
  none: [],
  missing: [],
  disabled: [{ ...key, enabled: false, scopes: ['invoices:read'] }],
  expired: [{ ...key, expiresAt: 1 }, key],
  rotated: [{ ...key, rotatedTo: 'b'.repeat(43) as KeyHandle }, key],
  deactivated: [key],
  issued: [],
  deleted: [],
  sibling: [key],
  foreign: [key],
};

/** The first and the second key of every application, whether it is there or not. */
export function apiKeyIdOf(name: AppName, nth: 0 | 1): string {
  return formatApiKeyId('ak', name, Buffer.alloc(32, `${name}${nth}`));
}

export function realmOf(name: AppName): string {
  return realms[name] ?? 'myrealm';
}

export function appHrnOf(name: AppName): string {
  return formatAppHrn({ realm: realmOf(name), appId: name }, 'here');
}

export function keyHrnOf(name: AppName, nth: 0 | 1): string {
  return formatApiKeyHrn(realmOf(name), handleOf(apiKeyIdOf(name, nth) as never), 'here');
}

/** The keys that open something, by their secrets: with their HRNs. */
export const validKeys: ReadonlyMap<string, string> = new Map(
  names
    .filter((name) => name !== 'deactivated')
    .flatMap((name) =>
      keysIn[name].flatMap(({ enabled, expiresAt }, nth) =>
        enabled && expiresAt === -1 ? [[apiKeyIdOf(name, nth as 0 | 1), keyHrnOf(name, nth as 0 | 1)] as const] : [],
      ),
    ),
);

/** Every secret key that a request may hold. */
export const allKeys: readonly string[] = names.flatMap((name) => [apiKeyIdOf(name, 0), apiKeyIdOf(name, 1)]);

/** @returns the application as it stands in the table before every request; undefined for the missing one */
export function appNamed(name: AppName): App | undefined {
  if (name === 'missing') return undefined;
  const made = {
    appId: name,
    realm: realmOf(name),
    name,
    owner: 'manager',
    now: 1,
    op: 'world',
    correlationId: 'world',
  };
  const app = newApp(made);
  const keys = Object.fromEntries(
    keysIn[name].map((one, nth) => [handleOf(apiKeyIdOf(name, nth as 0 | 1) as never), one]),
  );
  const states = {
    deactivated: { status: 'deactivated' },
    issued: { issuers: ['https://idp.example'] },
    deleted: { status: 'deleted', grants: {} },
    none: { restrictions: { scopes: [] } },
    disabled: { restrictions: { scopes: ['invoices:read'] } },
  } as const;
  return {
    ...app,
    grants: { manager: ['manage'], manager2: ['manage'], writer: ['write'], reader: ['read'] },
    keys,
    keyCount: Object.keys(keys).length,
    ...(states as Partial<Record<AppName, Partial<App>>>)[name],
  };
}

/** The applications in a table, each in its state. */
export class World {
  readonly #database: DynamoDBDocumentClient;
  readonly #tableName: string;
  /** applications that a request has changed, as they are now */
  readonly #changed = new Map<AppName, unknown>();

  constructor(endpoint: string, tableName: string) {
    this.#database = DynamoDBDocumentClient.from(localClient(endpoint));
    this.#tableName = tableName;
  }

  /** Puts every application into its state, whatever became of it. */
  async create(): Promise<void> {
    this.#changed.clear();
    for (const name of names) {
      await this.restore(name);
      const app = appNamed(name);
      for (const principal of Object.keys(app?.grants ?? {})) await this.#put(memberItem(app as App, principal));
    }
  }

  /** Puts every application back that was changed. */
  async restoreChanged(): Promise<void> {
    for (const name of this.#changed.keys()) await this.restore(name);
    this.#changed.clear();
  }

  async restore(name: AppName): Promise<void> {
    const item = itemOf(name);
    if (item) await this.#put(item);
  }

  /** Takes an application for what it is now: a request had the right to change it. */
  async acceptChange(appId: string): Promise<void> {
    if (isAppName(appId)) this.#changed.set(appId, await this.#get(appId));
  }

  /** Whether an application is as it was: one that is not of the world is not there. */
  async isUntouched(appId: string): Promise<boolean> {
    const before = isAppName(appId) ? (this.#changed.get(appId) ?? itemOf(appId)) : undefined;
    return isDeepStrictEqual(await this.#get(appId), before);
  }

  async #get(appId: string): Promise<unknown> {
    const query = { TableName: this.#tableName, Key: { pk: appId, sk: 'app' }, ConsistentRead: true };
    return (await this.#database.send(new GetCommand(query))).Item;
  }

  #put(Item: object): Promise<unknown> {
    return this.#database.send(new PutCommand({ TableName: this.#tableName, Item: { ...Item } }));
  }
}

function itemOf(name: AppName): object | undefined {
  const app = appNamed(name);
  if (!app) return undefined;
  const { appId: pk, ...attributes } = app;
  return { pk, sk: 'app', ...attributes };
}
