import { randomInt } from 'node:crypto';
import type { ApiKey, KeyHandle } from './api-key.ts';
import { formatAppHrn, formatRealmHrn } from './hrn.ts';
import type { Action } from './policy.ts';

/** What stays of a key that left `keys`, so that a late copy of the write that made it finds it gone. */
export interface Tombstone {
  /** ms since the epoch */
  readonly at: number;
  /** id of the operation that removed it */
  readonly op: string;
  readonly why: 'deleted' | 'replaced' | 'rotated' | 'fenced';
}

/** The last operation that changed an application: for recognizing one's own write, and for the audit stream. */
export interface Change {
  readonly op: string;
  readonly by: string;
  readonly action: string;
  readonly correlationId: string;
  readonly keyHrn?: string;
}

/** An application: the aggregate that holds its keys, and everything that decides about them. Times are ms since the epoch. */
export interface App {
  readonly appId: string;
  readonly realm: string;
  readonly name: string;
  readonly description: string;
  readonly status: 'active' | 'deactivated' | 'deleted';
  readonly createdTime: number;
  readonly createdBy: string;
  /** increased by every write */
  readonly rev: number;
  /** URLs of attached token issuers; not empty: no API keys */
  readonly issuers: readonly string[];
  readonly grants: Readonly<Record<string, readonly Action[]>>;
  /** always the size of `keys` */
  readonly keyCount: number;
  readonly keys: Readonly<Record<KeyHandle, ApiKey>>;
  readonly removed: Readonly<Record<KeyHandle, Tombstone>>;
  readonly requests: Readonly<Record<string, unknown>>;
  readonly lastUsed: Readonly<Record<KeyHandle, number>>;
  readonly lastChange: Change;
}

/** @param owner the principal that gets `manage` */
export function newApp(made: {
  appId: string;
  realm: string;
  name: string;
  description?: string;
  owner: string;
  now: number;
  op: string;
  correlationId: string;
}): App {
  return {
    appId: made.appId,
    realm: made.realm,
    name: made.name.trim(),
    description: made.description?.trim() ?? '',
    status: 'active',
    createdTime: made.now,
    createdBy: made.owner,
    rev: 1,
    issuers: [],
    grants: { [made.owner]: ['manage'] },
    keyCount: 0,
    keys: {},
    removed: {},
    requests: {},
    lastUsed: {},
    lastChange: { op: made.op, by: made.owner, action: 'createApp', correlationId: made.correlationId },
  };
}

/** @returns 20 random letters and digits, about 119 bits */
export function newAppId(): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
  return Array.from({ length: 20 }, () => alphabet.charAt(randomInt(alphabet.length))).join('');
}

/** The answer that shows an application. */
export function formatApp(app: App, partition: string) {
  return {
    hrn: formatAppHrn(app, partition),
    clientId: app.appId,
    name: app.name,
    description: app.description,
    realm: formatRealmHrn(app.realm, partition),
    status: app.status,
    createdTime: app.createdTime,
  };
}
