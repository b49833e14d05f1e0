import type { App } from './app.ts';
import { ApiError } from './errors.ts';
import { type Action, grantedTo } from './policy.ts';

const maxGrants = 100;

/**
 * @returns the application with exactly these rights for the principal; the same application if nothing changes
 * @throws ApiError 409306 if nobody would have `manage` any more, or too many principals would have rights
 */
export function grant(app: App, principal: string, actions: readonly Action[]): App {
  const before = grantedTo(app, principal);
  if (before && before.length === actions.length && actions.every((action) => before.includes(action))) return app;
  const granted = { ...app, grants: { ...app.grants, [principal]: actions } };
  if (Object.keys(granted.grants).length > maxGrants) {
    throw new ApiError('409306', {
      cause: `The application has grants for ${maxGrants} principals, which is the maximum.`,
      action: 'Revoke the grant of another principal first.',
    });
  }
  return requireManager(app, granted);
}

/**
 * @returns the application without rights for the principal; the same application if it had none
 * @throws ApiError 409306 if nobody would have `manage` any more
 */
export function revoke(app: App, principal: string): App {
  if (!Object.hasOwn(app.grants, principal)) return app;
  const { [principal]: _, ...grants } = app.grants;
  return requireManager(app, { ...app, grants });
}

function requireManager(before: App, after: App): App {
  if (hasManager(after) || !hasManager(before)) return after;
  throw new ApiError('409306', {
    cause: 'The principal is the last one with manage on the application.',
    action: 'Grant manage to another principal first.',
  });
}

function hasManager({ grants }: App): boolean {
  return Object.values(grants).some((actions) => actions.includes('manage'));
}
