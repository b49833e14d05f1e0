import { isAddress } from '../../domain/addresses.ts';
import { invalidField } from '../../domain/errors.ts';
import type { Verification } from '../../domain/verification.ts';
import type { Check, Verifier } from '../../verification/verifier.ts';
import { type Metric, verificationMetrics } from '../metrics.ts';

/** A presented key, and the conditions that it must meet. */
export interface Question {
  readonly apiKeyId: string;
  readonly realms?: readonly string[];
  readonly scopes?: readonly string[];
  readonly apps?: readonly string[];
  /** IP address of the client. */
  readonly source?: string;
  /** Value of the header `Origin` or `Referer`. */
  readonly referrer?: string;
}

interface Verified {
  readonly verification: Verification;
  readonly logged: Readonly<Record<string, string>>;
  readonly metrics: readonly Metric[];
}

/**
 * Verifies a key for a trusted caller.
 * @param realm the realm whose keys the caller can verify; undefined: every realm
 * @throws ApiError 400200 if `source` is not an address; 503000 if the database is unavailable
 */
export async function verify(
  { verifier }: { readonly verifier: Verifier },
  { apiKeyId, realms, scopes, apps, source, referrer }: Question,
  realm?: string,
): Promise<Verified> {
  requireAddress(source);
  const startedAt = performance.now();
  const check = await verifier.check(apiKeyId, {
    demands: { realms, scopes, apps },
    origin: { source, referer: referrer },
    ...(realm !== undefined && { realm }),
  });
  const metrics = verificationMetrics(check.isCached, performance.now() - startedAt);
  return { verification: check.verification, logged: loggedOf(check), metrics };
}

/** @throws ApiError 400200 if `source` is not an address */
export function requireAddress(source: string | undefined): void {
  if (source !== undefined && !isAddress(source)) throw invalidField('$.source', 'must be an IPv4 or IPv6 address');
}

/** @returns what is logged about a verification: the result, and the key, without its secret */
export function loggedOf({ verification, isCached, appId, handle }: Check): Record<string, string> {
  return {
    result: verification.valid ? 'valid' : verification.reason,
    ...(verification.valid && { app: verification.identity, keyHrn: verification.apiKey }),
    ...(appId && handle && { appId, handle }),
    ...(isCached && { cached: 'true' }),
  };
}
