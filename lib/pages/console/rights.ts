import type { ApiKey, Output } from '../../package/client/client.ts';
import { latestExpiry } from './expiry-field.ts';

export type OwnApp = Output<'getApp'>;

/** An application as it is now, with what decides which buttons would fail. */
export interface Situation {
  readonly app: OwnApp;
  readonly keys: readonly ApiKey[];
  readonly issuers: readonly string[];
}

type Right = OwnApp['rights'][number];

/** @returns why the viewer may not do what needs this right; undefined if the viewer may */
export function whyNot({ rights }: OwnApp, needed: Right): string | undefined {
  return rights.includes(needed) ? undefined : `You need the right “${needed}” on this application.`;
}

export function whyNoNewKey({ app, issuers }: Situation): string | undefined {
  if (app.status !== 'active') return 'The application is deactivated. Activate it first.';
  if (issuers.length > 0) return 'The application has token issuers. It can have API keys only without them.';
  return whyNot(app, 'write');
}

export function whyNoRotation(situation: Situation, { rotatedTo }: ApiKey): string | undefined {
  if (rotatedTo !== undefined)
    return situation.keys.some(({ apiKey }) => apiKey === rotatedTo)
      ? 'This key was rotated already. Rotate its successor instead.'
      : 'This key was rotated already, and its successor was removed. Generate a new key instead.';
  return whyNoNewKey(situation);
}

/** A lower maximum leaves an older key as it is. */
export function whyNoExpiry({ app }: Situation, { createdTime }: ApiKey): string | undefined {
  const latest = latestExpiry({ lifetime: app.keyLifetime, createdTime });
  return latest === undefined || latest > Date.now()
    ? undefined
    : `The key is older than the maximum of ${app.keyLifetime.maxDays} days. Rotate it instead.`;
}

export function whyNoIssuer({ app, keys }: Situation): string | undefined {
  if (keys.length > 0) return 'The application has API keys. Delete them first.';
  return whyNot(app, 'manage');
}
