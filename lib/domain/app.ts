import { randomInt } from 'node:crypto';
import type { ApiKey } from './api-key.ts';
import type { KeyHandle } from './api-key-id.ts';
import { formatAppHrn } from './hrn.ts';
import { isSameJson, type RequestRecord } from './idempotency.ts';
import type { Watch } from './notices.ts';
import type { Action } from './policy.ts';
import { type AppRestrictions, parseReferrers } from './restrictions.ts';

/** What remains of a removed key, for responses to later requests. No write depends on it: see `sealed`. */
export interface Tombstone {
  /** In ms since the epoch. */
  readonly at: number;
  /** ID of the operation that removed the key. */
  readonly op: string;
  readonly why: 'deleted' | 'replaced' | 'rotated';
  /** Handle of the key's successor, if a rotation removed the key. */
  readonly successor?: KeyHandle;
}

/**
 * The last operation that changed an application. A request recognizes its own write by it, and the audit stream shows
 * it.
 */
export interface Change {
  readonly op: string;
  /** In ms since the epoch. */
  readonly at: number;
  readonly by: string;
  readonly action: string;
  readonly correlationId: string;
  readonly keyHrn?: string;
  /** HRN of the key that a rotation ends. */
  readonly rotatedFrom?: string;
}

/** What a caller can choose for a new application. */
export interface AppInput {
  readonly name: string;
  readonly description?: string;
  /** Pages from which the keys can be used. Empty: everywhere. */
  readonly referrers?: readonly string[];
  /** The only scopes that a key can have. Missing: every scope. */
  readonly scopes?: readonly string[];
}

/** All that a caller chose for an application. */
type FullAppInput = Required<Omit<AppInput, 'scopes'>> & Pick<AppInput, 'scopes'>;

/** The same, as it is stored. */
interface CompleteAppInput extends Required<Pick<AppInput, 'name' | 'description'>> {
  readonly restrictions: AppRestrictions;
}

/**
 * An application: the aggregate with its keys and everything that decides about them. Times are in ms since the epoch.
 */
export interface App extends CompleteAppInput {
  readonly appId: string;
  readonly realm: string;
  readonly status: 'active' | 'deactivated' | 'deleted';
  readonly createdTime: number;
  readonly createdBy: string;
  /** The application's position in lists of applications. A deleted one has none. */
  readonly listKey?: string;
  /** Hash of the body that created the application, if the request had an Idempotency-Key. */
  readonly bodyHash?: string;
  /** Increased by every write, except when the sweep drops old records and remembers what it did. */
  readonly rev: number;
  /** URLs of attached token issuers. If there are any, the application has no API keys. */
  readonly issuers: readonly string[];
  readonly grants: Readonly<Record<string, readonly Action[]>>;
  /** Always the size of `keys`. */
  readonly keyCount: number;
  readonly keys: Readonly<Record<KeyHandle, ApiKey>>;
  /**
   * The latest `createdTime` of a removed key, or of an abandoned attempt to generate one. A key is only added if its
   * `createdTime` is later, so a late copy of a write never revives a removed key.
   */
  readonly sealed: number;
  readonly removed: Readonly<Record<KeyHandle, Tombstone>>;
  /** Idempotency records by the hash of their request. */
  readonly requests: Readonly<Record<string, RequestRecord>>;
  /** What the sweep remembers about the keys. */
  readonly watched?: Readonly<Record<KeyHandle, Watch>> | undefined;
  /** When the sweep has something to do, in ms since the epoch. Missing: never. */
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

/** @returns a text that sorts by time of creation */
function listKeyOf(createdTime: number, appId: string): string {
  return `${String(createdTime).padStart(16, '0')}#${appId}`;
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/**
 * @returns 20 letters and digits, about 119 bits; random unless `digit`, which returns numbers below its argument, is
 * not
 */
export function newAppId(digit: (below: number, index: number) => number = (below) => randomInt(below)): string {
  return Array.from({ length: 20 }, (_, index) => alphabet.charAt(digit(alphabet.length, index))).join('');
}

/**
 * @param kept restrictions of a newer version, which the input does not mention
 * @returns what is stored of an input: texts trimmed, defaults filled in, lists in canonical form
 * @throws ApiError 400200 with the wrong elements of `referrers`
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

/** @returns the input that an application was created from or changed to */
export function inputOf({ name, description, restrictions: { referrers = [], scopes } }: App): FullAppInput {
  return { name, description, referrers, ...(scopes && { scopes }) };
}

/** What a caller can change in an application. `scopes` null removes the ceiling. */
export interface AppPatch extends Partial<Omit<AppInput, 'scopes'>> {
  readonly scopes?: readonly string[] | null;
  readonly status?: 'active' | 'deactivated';
}

/**
 * @returns the changed application; the same application if nothing changes
 * @throws ApiError 400200 with the wrong elements of `referrers`
 */
export function patchApp(app: App, patch: AppPatch): App {
  const { status = app.status, ...parts } = patch;
  const patched = { ...app, ...completeAppInput({ ...inputOf(app), ...parts }, app.restrictions), status };
  return isSameJson(patched, app) ? app : patched;
}

/**
 * @returns what remains of a deleted application, for ever: no keys, no rights, no position in lists. Its ID is never
 * used again, because an old token can still name it
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

/** The response that shows an application. */
export function formatApp(app: App, partition: string) {
  const { lastChange } = app;
  return {
    hrn: formatAppHrn(app, partition),
    id: app.appId,
    clientId: app.appId,
    ...inputOf(app),
    realm: app.realm,
    // A deleted application is never shown.
    status: app.status as Exclude<App['status'], 'deleted'>,
    createdTime: app.createdTime,
    createdBy: app.createdBy,
    lastChange: { at: lastChange.at, by: lastChange.by, action: lastChange.action },
  };
}
