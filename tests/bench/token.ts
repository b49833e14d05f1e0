import { readTokenSettings } from '../../lib/config.ts';
import { createTokenVerifier } from '../../lib/http/token-verifier.ts';

const verify = createTokenVerifier(readTokenSettings(process.env));

/** Verifies a token as every management call does, and nothing else. */
export async function handler({ token }: { token: string }): Promise<void> {
  await verify(token);
}
