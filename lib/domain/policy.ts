import { holdsApiKeyId } from './api-key-id.ts';
import { ApiError } from './errors.ts';
import { type AppRef, formatAppHrn, isAppId } from './hrn.ts';
import { unseen } from './unseen.ts';

/** What a principal may do with an application; each implies those before it. */
export const actions = ['read', 'write', 'manage'] as const;
export type Action = (typeof actions)[number];

/** Who calls, as the verified token says. */
export interface Caller {
  readonly principal: string;
  readonly issuer: string;
  readonly realm: string;
  /** `{service}:{action}` or `{service}:{action}:{resource}`, where the resource may end in `*` */
  readonly permissions: readonly string[];
  readonly hasProjectScope: boolean;
}

/** What the rights on an application hang on. */
interface Governed {
  readonly realm: string;
  readonly status: string;
  readonly grants: Readonly<Record<string, readonly Action[]>>;
}

/**
 * The rights of a caller on one application.
 * `fromToken` holds whatever the application's grants say; the grants of `principal` count on top of it.
 */
export interface CallerRights {
  readonly fromToken: readonly Action[];
  readonly principal: string | undefined;
}

/** Everything, in every realm: the rights of a client that IAM allows to invoke a function directly. */
export const fullRights: CallerRights = { fromToken: ['manage'], principal: undefined };

/** @returns the actions that include `needed`: `read` is included in all three. */
export function actionsThatInclude(needed: Action): readonly Action[] {
  return actions.slice(actions.indexOf(needed));
}

export function includes(held: readonly string[], needed: Action): boolean {
  return actionsThatInclude(needed).some((action) => held.includes(action));
}

/**
 * @returns what the caller's token alone gives on the application
 * @throws ApiError 404660 when the application is of another realm: nothing there is ever matched
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
 * What a token says of the applications of a realm on which it gives a right: names of single ones, whether a pattern
 * covers one, and whether one covers all.
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

/** @returns all that a caller may do with an application, by its token and by its grants */
export function rightsOf(app: Governed, callerRights: CallerRights): Action[] {
  const held = heldBy(callerRights, app);
  return actions.filter((action) => includes(held, action));
}

export function hasPermission({ permissions }: Caller, action: 'createApp' | 'verify'): boolean {
  return permissions.includes(`account:${action}`);
}

/** @throws ApiError 403403 when the token lacks a permission that is about no resource, such as `createApp` */
export function requirePermission(caller: Caller, action: 'createApp' | 'verify'): void {
  if (hasPermission(caller, action)) return;
  throw new ApiError('403403', {
    why: `no permission account:${action}`,
    cause: `The access token does not hold the permission account:${action}.`,
    action: `Use an access token that holds the permission account:${action}.`,
  });
}

/**
 * @returns the application, which `callerRights` may see and use as needed
 * @throws ApiError 404660 when there is none, or none that this caller may see
 * @throws ApiError 403403 when it may be seen, but not used like that
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

/** Whether neither `callerRights` nor `requireAccess` would refuse it. */
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

/** @returns the rights that an application gives to a principal; undefined where it gives none */
export function grantedTo({ grants }: Pick<Governed, 'grants'>, principal: string): readonly Action[] | undefined {
  return Object.hasOwn(grants, principal) ? grants[principal] : undefined;
}

/** No white space at the ends, and no variation selector either: `alice` must not have a double that looks the same. */
const seen = `[^${unseen}\\uFE0E\\uFE0F]`;
const seenAtEnds = `[^\\s${unseen}\\uFE0E\\uFE0F]`;
const principalForm = new RegExp(`^${seenAtEnds}(?:${seen}{0,253}${seenAtEnds})?$`, 'u');

/** What `isPrincipal` demands, for whoever wrote something else. */
export const principalRule =
  'must be 1 to 255 visible characters without white space around them, not hold an API key, not begin with "lambda:", and not be ".", "..", "__proto__", "constructor" or "prototype"';

/**
 * Whether a text can be a principal, in a token as in a path: whatever a token can name can be granted and revoked. It
 * must fit into a grant, whose principals are names of attributes, and into a path, and not look like another principal,
 * a Lambda function's `createdBy` or an API key.
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
