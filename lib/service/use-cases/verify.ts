import type { Verification } from '../../domain/verification.ts';
import type { Check, Verifier } from '../../verification/verifier.ts';
import { type Metric, verificationMetrics } from '../metrics.ts';

interface Verified {
  readonly verification: Verification;
  readonly logged: Readonly<Record<string, string>>;
  readonly metrics: readonly Metric[];
}

/**
 * Looks at a key for a trusted caller.
 * @param realm whose keys may be asked about; every realm's where it is undefined
 * @throws ApiError 503000 when the database cannot be asked
 */
export async function verify(
  { verifier }: { readonly verifier: Verifier },
  apiKeyId: string,
  realm?: string,
): Promise<Verified> {
  const startedAt = performance.now();
  const check = await verifier.check(apiKeyId, realm);
  const metrics = verificationMetrics(check.isCached, performance.now() - startedAt);
  return { verification: check.verification, logged: loggedOf(check), metrics };
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
