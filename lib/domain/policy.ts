import { holdsApiKeyId } from './api-key-id.ts';
import { ApiError } from './errors.ts';
import { type AppRef, formatAppHrn, isAppId } from './hrn.ts';
import { unseen } from './unseen.ts';

/** What a principal can do with an application. Each action implies those before it. */
export const actions = ['read', 'write', 'manage'] as const;
export type Action = (typeof actions)[number];

/** The caller, from the verified token. */
export interface Caller {
  readonly principal: string;
  readonly issuer: string;
  readonly realm: string;
  /** `{service}:{action}` or `{service}:{action}:{resource}`; the resource can end in `*`. */
  readonly permissions: readonly string[];
  readonly hasProjectScope: boolean;
}

/** What the rights on an application depend on. */
interface Governed {
  readonly realm: string;
  readonly status: string;
  readonly grants: Readonly<Record<string, readonly Action[]>>;
}

/**
 * The rights of a caller on one application. Rights in `fromToken` are independent of the application's grants. The
 * grants of `principal` are added.
 */
export interface CallerRights {
  readonly fromToken: readonly Action[];
  readonly principal: string | undefined;
}

/** Every right in every realm: for a client that IAM allows to invoke a function directly. */
export const fullRights: CallerRights = { fromToken: ['manage'], principal: undefined };

/** @returns the actions that include `needed`; all three include `read` */
export function actionsThatInclude(needed: Action): readonly Action[] {
  return actions.slice(actions.indexOf(needed));
}

export function includes(held: readonly string[], needed: Action): boolean {
  return actionsThatInclude(needed).some((action) => held.includes(action));
}

/**
 * @returns the rights that the caller's token alone gives on the application
 * @throws ApiError 404660 if the application is in another realm, where no permission applies
 */
export function callerRightsOn(app: AppRef, caller: Caller, partition: string): CallerRights {
  if (app.realm !== caller.realm) throw new ApiError('404660', { why: 'the application is of another realm' });
  const resource = formatAppHrn(app, partition);
  const fromToken = actions.filter((action) =>
    caller.permissions.some((permission) => isPermissionFor(permission, `account:${action}:`, resource)),
  );
  return { fromToken, principal: caller.principal };
}

/**
 * The applications of a realm on which a token gives a right: single ones by name, whether a pattern covers one, and
 * whether a pattern covers all.
 */
export function permittedApps(caller: Caller, partition: string, needed: Action) {
  const form = new RegExp(`^account:(?:${actionsThatInclude(needed).join('|')}):(.+)$`);
  const patterns = caller.permissions.flatMap((permission) => form.exec(permission)?.[1] ?? []);
  const prefix = formatAppHrn({ realm: caller.realm, appId: '' }, partition);
  const single = patterns.filter((pattern) => pattern.startsWith(prefix));
  const open = patterns.filter((pattern) => pattern.endsWith('*')).map((pattern) => pattern.slice(0, -1));
  const isPermitted = (appId: string) => open.some((start) => `${prefix}${appId}`.startsWith(start));
  return {
    named: single.map((pattern) => pattern.slice(prefix.length)).filter(isAppId),
    isPermitted: open.some((start) => start.startsWith(prefix) || prefix.startsWith(start)) ? isPermitted : undefined,
    seesAll: open.some((start) => prefix.startsWith(start)),
  };
}

function isPermissionFor(permission: string, prefix: string, resource: string): boolean {
  if (!permission.startsWith(prefix)) return false;
  const pattern = permission.slice(prefix.length);
  return pattern.endsWith('*') ? resource.startsWith(pattern.slice(0, -1)) : resource === pattern;
}

/** @returns all rights of a caller on an application, by token and by grants */
export function rightsOf(app: Governed, callerRights: CallerRights): Action[] {
  const held = heldBy(callerRights, app);
  return actions.filter((action) => includes(held, action));
}

export function hasPermission({ permissions }: Caller, action: 'createApp' | 'verify'): boolean {
  return permissions.includes(`account:${action}`);
}

/** @throws ApiError 403403 if the token lacks a permission without a resource, such as `createApp` */
export function requirePermission(caller: Caller, action: 'createApp' | 'verify'): void {
  if (hasPermission(caller, action)) return;
  throw new ApiError('403403', {
    why: `no permission account:${action}`,
    cause: `The access token does not have the permission account:${action}.`,
    action: `Use an access token with the permission account:${action}.`,
  });
}

/**
 * @returns the application, if `callerRights` include seeing it and the needed action
 * @throws ApiError 404660 if it does not exist, or the caller can't see it
 * @throws ApiError 403403 if the caller can see it, but lacks the right
 */
export function requireAccess<App extends Governed>(
  app: App | undefined,
  { realm }: AppRef,
  callerRights: CallerRights,
  needed: Action,
): asserts app is App {
  if (!app) throw new ApiError('404660', { why: 'no such application' });
  if (app.status === 'deleted') throw new ApiError('404660', { why: 'the application is deleted' });
  if (app.realm !== realm) throw new ApiError('404660', { why: 'the application is of another realm' });
  const held = heldBy(callerRights, app);
  if (!includes(held, 'read')) throw new ApiError('404660', { why: 'the caller has no right on the application' });
  if (!includes(held, needed)) {
    throw new ApiError('403403', {
      why: `the caller lacks ${needed}`,
      cause: `The operation needs the right ${actionsThatInclude(needed).toReversed().join(' or ')} on the application.`,
    });
  }
}

/** Whether neither `callerRights` nor `requireAccess` would reject it. */
export function hasAccess(app: Governed, ref: AppRef, callerRights: () => CallerRights, needed: Action): boolean {
  try {
    requireAccess(app, ref, callerRights(), needed);
    return true;
  } catch {
    return false;
  }
}

function heldBy({ fromToken, principal }: CallerRights, app: Governed): readonly string[] {
  const granted = principal === undefined ? undefined : grantedTo(app, principal);
  return [...fromToken, ...(granted ?? [])];
}

/** @returns the rights that an application grants to a principal; undefined if it grants none */
export function grantedTo({ grants }: Pick<Governed, 'grants'>, principal: string): readonly Action[] | undefined {
  return Object.hasOwn(grants, principal) ? grants[principal] : undefined;
}

/** No white space at the ends, and no variation selector: `alice` must not have a double that looks the same. */
const seen = `[^${unseen}\\uFE0E\\uFE0F]`;
const seenAtEnds = `[^\\s${unseen}\\uFE0E\\uFE0F]`;
const principalForm = new RegExp(`^${seenAtEnds}(?:${seen}{0,253}${seenAtEnds})?$`, 'u');

/** What `isPrincipal` demands, in words for the caller. */
export const principalRule =
  'must be 1 to 255 visible characters without white space around them, not contain an API key, not begin with "lambda:", and not be ".", "..", "__proto__", "constructor" or "prototype"';

/**
 * Whether a text can be a principal, in a token and in a path. So every principal that a token can name can be granted
 * and revoked. The text must fit into a path and into a grant, whose principals are attribute names. It must not look
 * like another principal, a Lambda function's `createdBy` or an API key.
 */
export function isPrincipal(value: unknown): value is string {
  return (
    typeof value === 'string' &&
    principalForm.test(value) &&
    !['__proto__', 'constructor', 'prototype', '.', '..'].includes(value) &&
    !value.startsWith('lambda:') &&
    !holdsApiKeyId(value)
  );
}
