import { type ApiKey, isLiveAt, never } from './api-key.ts';
import { type ApiError, invalidField } from './errors.ts';

/** How long the keys of a realm live, in days from their creation. A missing field sets no limit. */
export interface Lifetime {
  /** For a key whose caller names no expiry; at most the maximum. */
  readonly defaultDays?: number | undefined;
  readonly maxDays?: number | undefined;
}

/** @returns the rules as an answer shows them: those that are set */
export function formatLifetime({ defaultDays, maxDays }: Lifetime) {
  return { ...(defaultDays !== undefined && { defaultDays }), ...(maxDays !== undefined && { maxDays }) };
}

export const dayMs = 24 * 60 * 60_000;

/** How far a caller's clock can be ahead. A requested expiry that exceeds the maximum by less means the maximum. */
const clockSkewMs = 60_000;

type Created = Pick<ApiKey, 'createdTime'>;

/** @returns the latest expiry of a key, in ms since the epoch; undefined: no limit */
export function latestEnd({ createdTime }: Created, { maxDays }: Lifetime): number | undefined {
  return maxDays === undefined ? undefined : createdTime + maxDays * dayMs;
}

/**
 * @param requested in ms since the epoch, or -1: as late as possible; undefined: the default
 * @returns `expiresAt` of a key: the requested one, but no more than the maximum
 */
export function endOf(requested: number | undefined, key: Created, lifetime: Lifetime): number {
  const { defaultDays } = lifetime;
  const usual = defaultDays === undefined ? never : key.createdTime + defaultDays * dayMs;
  return earlierOf(requested ?? usual, latestEnd(key, lifetime) ?? never);
}

/** @returns the earlier of two expiries, of which -1 is the latest */
export function earlierOf(one: number, other: number): number {
  if (one === never || other === never) return Math.max(one, other);
  return Math.min(one, other);
}

/**
 * @returns a 400200 if the requested expiry is neither in the future nor -1, or exceeds the maximum; undefined if it is
 * valid or missing
 */
export function expiryFault(
  expiresAt: number | undefined,
  now: number,
  lifetime: Lifetime,
  key: Created = { createdTime: now },
): ApiError | undefined {
  if (expiresAt === undefined) return undefined;
  const limit = latestEnd(key, lifetime);
  const meaning = limit === undefined ? 'never' : 'as late as the settings allow';
  if (!isLiveAt({ expiresAt }, now))
    return invalidField(
      '$.expiresAt',
      `must be in the future, in milliseconds since the Unix epoch, or -1: ${meaning}`,
    );
  if (limit === undefined || (limit > now && expiresAt <= limit + clockSkewMs)) return undefined;
  const rule = `must be at most ${lifetime.maxDays} ${lifetime.maxDays === 1 ? 'day' : 'days'} after the creation of the API key`;
  return invalidField('$.expiresAt', limit > now ? `${rule}, or -1: ${meaning}` : `${rule}, which have passed`);
}

/** @throws ApiError 400200 as in `expiryFault` */
export function requireExpiry(...requested: Parameters<typeof expiryFault>): void {
  const fault = expiryFault(...requested);
  if (fault) throw fault;
}

/** Whether a live key is older than the maximum, because the maximum was set after the key was created. */
export function isOverAge(key: ApiKey, now: number, lifetime: Lifetime): boolean {
  const limit = latestEnd(key, lifetime);
  return limit !== undefined && limit <= now && isLiveAt(key, now);
}
