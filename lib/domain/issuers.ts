import type { App } from './app.ts';
import { ApiError } from './errors.ts';
import { expiredKeys, removeKeys } from './housekeeping.ts';

const maxIssuers = 10;

/**
 * @returns the application with the token issuer attached, and without its expired keys; the same application if the
 * issuer was attached
 * @throws ApiError 409306 if the application has API keys, because it can't have both
 */
export function attachIssuer(app: App, issuer: string, removal: { at: number; op: string }): App {
  if (app.issuers.includes(issuer)) return app;
  const expired = expiredKeys(app, removal.at).map(([handle]) => handle);
  const cleared = removeKeys(app, expired, { ...removal, why: 'deleted' });
  if (cleared.keyCount > 0) {
    throw new ApiError('409306', {
      cause: 'The application has API keys, so it cannot have token issuers.',
      action: 'Delete the API keys of the application first.',
    });
  }
  if (app.issuers.length >= maxIssuers) {
    throw new ApiError('409306', {
      cause: `The application has ${maxIssuers} token issuers, which is the maximum.`,
      action: 'Detach another issuer first.',
    });
  }
  return { ...cleared, issuers: [...app.issuers, issuer] };
}

export function detachIssuer(app: App, issuer: string): App {
  return app.issuers.includes(issuer) ? { ...app, issuers: app.issuers.filter((other) => other !== issuer) } : app;
}
