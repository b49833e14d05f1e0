import { randomInt } from 'node:crypto';
import type { ApiKey } from './api-key.ts';
import type { KeyHandle } from './api-key-id.ts';
import { formatAppHrn } from './hrn.ts';
import { isSameJson, type RequestRecord } from './idempotency.ts';
import type { Watch } from './notices.ts';
import type { Action } from './policy.ts';
import { type AppRestrictions, parseReferrers } from './restrictions.ts';

/** What stays of a key that left `keys`, for the answers to later requests. No write depends on it: see `sealed`. */
export interface Tombstone {
  /** ms since the epoch */
  readonly at: number;
  /** ID of the operation that removed it */
  readonly op: string;
  readonly why: 'deleted' | 'replaced' | 'rotated';
  /** handle of the key that took its place by rotation */
  readonly successor?: KeyHandle;
}

/** The last operation that changed an application: for recognizing one's own write, and for the audit stream. */
export interface Change {
  readonly op: string;
  /** ms since the epoch */
  readonly at: number;
  readonly by: string;
  readonly action: string;
  readonly correlationId: string;
  readonly keyHrn?: string;
  /** HRN of the key that a rotation ends */
  readonly rotatedFrom?: string;
}

/** What a caller may say of a new application. */
export interface AppInput {
  readonly name: string;
  readonly description?: string;
  /** pages from which the keys may be used; none: from everywhere */
  readonly referrers?: readonly string[];
  /** the only scopes that a key may have; missing: every scope */
  readonly scopes?: readonly string[];
}

/** All that a caller said of an application. */
type FullAppInput = Required<Omit<AppInput, 'scopes'>> & Pick<AppInput, 'scopes'>;

/** The same as it is stored. */
interface CompleteAppInput extends Required<Pick<AppInput, 'name' | 'description'>> {
  readonly restrictions: AppRestrictions;
}

/** An application: the aggregate that holds its keys, and everything that decides about them. Times are ms since the epoch. */
export interface App extends CompleteAppInput {
  readonly appId: string;
  readonly realm: string;
  readonly status: 'active' | 'deactivated' | 'deleted';
  readonly createdTime: number;
  readonly createdBy: string;
  /** its place in a list of applications; a deleted one has none */
  readonly listKey?: string;
  /** hash of the body that it was created from, if that came with an Idempotency-Key */
  readonly bodyHash?: string;
  /** increased by every write, except those by which the sweep drops old records and remembers what it did */
  readonly rev: number;
  /** URLs of attached token issuers; not empty: no API keys */
  readonly issuers: readonly string[];
  readonly grants: Readonly<Record<string, readonly Action[]>>;
  /** always the size of `keys` */
  readonly keyCount: number;
  readonly keys: Readonly<Record<KeyHandle, ApiKey>>;
  /**
   * The latest `createdTime` of a key that was removed, or of an attempt to generate one that was given up. A key is
   * only added if its `createdTime` is later, so a late copy of a write never brings a removed key back.
   */
  readonly sealed: number;
  readonly removed: Readonly<Record<KeyHandle, Tombstone>>;
  /** Idempotency-Key records by the hash of their request */
  readonly requests: Readonly<Record<string, RequestRecord>>;
  /** what the sweep remembers of its keys */
  readonly watched?: Readonly<Record<KeyHandle, Watch>> | undefined;
  /** when the sweep has something to do, in ms since the epoch; missing: there is nothing */
  readonly dueAt?: number;
  readonly lastChange: Change;
}

/** @param owner the principal that gets `manage` */
export function newApp(
  made: AppInput & { appId: string; realm: string; owner: string; now: number; op: string; correlationId: string },
): App {
  return {
    appId: made.appId,
    realm: made.realm,
    ...completeAppInput(made),
    status: 'active',
    createdTime: made.now,
    createdBy: made.owner,
    listKey: listKeyOf(made.now, made.appId),
    rev: 1,
    issuers: [],
    grants: { [made.owner]: ['manage'] },
    keyCount: 0,
    keys: {},
    sealed: 0,
    removed: {},
    requests: {},
    lastChange: { op: made.op, at: made.now, by: made.owner, action: 'createApp', correlationId: made.correlationId },
  };
}

/** @returns text that sorts as the times of creation do */
function listKeyOf(createdTime: number, appId: string): string {
  return `${String(createdTime).padStart(16, '0')}#${appId}`;
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** @returns 20 letters and digits, about 119 bits, random unless `digit` (which gives numbers below its argument) is not */
export function newAppId(digit: (below: number, index: number) => number = (below) => randomInt(below)): string {
  return Array.from({ length: 20 }, (_, index) => alphabet.charAt(digit(alphabet.length, index))).join('');
}

/**
 * @param kept restrictions that the input says nothing of, which a newer version has set
 * @returns what is stored of an input: texts trimmed, defaults filled in, lists in canonical form
 * @throws ApiError 400200 that names the elements of `referrers` that are wrong
 */
export function completeAppInput(
  input: Omit<AppInput, 'scopes'> & Pick<AppPatch, 'scopes'>,
  kept: AppRestrictions = {},
): CompleteAppInput {
  const { name, description = '', scopes } = input;
  const referrers = parseReferrers(input.referrers ?? []);
  const { referrers: _, scopes: __, ...others } = kept;
  return {
    name: name.trim(),
    description: description.trim(),
    restrictions: { ...others, ...(referrers.length > 0 && { referrers }), ...(scopes && { scopes }) },
  };
}

/** @returns the input that an application was made from, or changed to */
export function inputOf({ name, description, restrictions: { referrers = [], scopes } }: App): FullAppInput {
  return { name, description, referrers, ...(scopes && { scopes }) };
}

/** What a caller may say to change an application. `scopes` null: there is no ceiling any more. */
export interface AppPatch extends Partial<Omit<AppInput, 'scopes'>> {
  readonly scopes?: readonly string[] | null;
  readonly status?: 'active' | 'deactivated';
}

/**
 * @returns the application with parts of it changed; the same application if that changes nothing
 * @throws ApiError 400200 that names the elements of `referrers` that are wrong
 */
export function patchApp(app: App, patch: AppPatch): App {
  const { status = app.status, ...parts } = patch;
  const patched = { ...app, ...completeAppInput({ ...inputOf(app), ...parts }, app.restrictions), status };
  return isSameJson(patched, app) ? app : patched;
}

/**
 * @returns what stays of a deleted application, for ever: no keys, no rights, no place in a list. Its ID is never used
 *   again, because an old token can still name it
 */
export function deleteApp(app: App): App {
  const { listKey: _, ...rest } = app;
  return {
    ...rest,
    status: 'deleted',
    name: '',
    description: '',
    restrictions: {},
    grants: {},
    keys: {},
    keyCount: 0,
    removed: {},
    requests: {},
  };
}

/** The answer that shows an application. */
export function formatApp(app: App, partition: string) {
  const { lastChange } = app;
  return {
    hrn: formatAppHrn(app, partition),
    id: app.appId,
    clientId: app.appId,
    ...inputOf(app),
    realm: app.realm,
    // A deleted one is never shown.
    status: app.status as Exclude<App['status'], 'deleted'>,
    createdTime: app.createdTime,
    createdBy: app.createdBy,
    lastChange: { at: lastChange.at, by: lastChange.by, action: lastChange.action },
  };
}
