import { isAddress } from '../../domain/addresses.ts';
import { invalidField } from '../../domain/errors.ts';
import type { Verification } from '../../domain/verification.ts';
import type { Check, Verifier } from '../../verification/verifier.ts';
import { type Metric, verificationMetrics } from '../metrics.ts';

/** A key that somebody presented, and what it must be good for. */
export interface Question {
  readonly apiKeyId: string;
  readonly realms?: readonly string[];
  readonly scopes?: readonly string[];
  readonly apps?: readonly string[];
  /** IP address of the client */
  readonly source?: string;
  /** value of the header `Origin` or `Referer` */
  readonly referrer?: string;
}

interface Verified {
  readonly verification: Verification;
  readonly logged: Readonly<Record<string, string>>;
  readonly metrics: readonly Metric[];
}

/**
 * Looks at a key for a trusted caller.
 * @param realm whose keys may be asked about; every realm's where it is undefined
 * @throws ApiError 400200 when `source` is no address, 503000 when the database cannot be asked
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

/** @throws ApiError 400200 when what is given as `source` is no address */
export function requireAddress(source: string | undefined): void {
  if (source !== undefined && !isAddress(source)) throw invalidField('$.source', 'must be an IPv4 or IPv6 address');
}

/** What the log tells of a check: which key it was about, as far as that is no secret, and what came of it. */
export function loggedOf({ verification, isCached, appId, handle }: Check): Record<string, string> {
  return {
    result: verification.valid ? 'valid' : verification.reason,
    ...(verification.valid && { app: verification.identity, keyHrn: verification.apiKey }),
    ...(appId && handle && { appId, handle }),
    ...(isCached && { cached: 'true' }),
  };
}
