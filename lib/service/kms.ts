import { GenerateMacCommand, KMSClient } from '@aws-sdk/client-kms';
import { withinMs as within } from '../base/time-limit.ts';
import { ApiError } from '../domain/errors.ts';
import { bothAttemptsMs, twoAttempts } from './two-attempts.ts';

/**
 * HMAC-SHA-256 under the service key, which never leaves KMS. It ends after `withinMs` or sooner.
 * @throws ApiError 503000 if KMS is unavailable; nothing was changed then
 */
export type Mac = (message: Uint8Array, withinMs: number) => Promise<Uint8Array>;

/** @param keyId of a KMS key for HMAC_SHA_256, or an alias of one; nothing is opened before the first use */
export function openMac(keyId: string): Mac {
  let client: KMSClient | undefined;
  return async (Message, withinMs) => {
    client ??= new KMSClient(twoAttempts);
    const kms = client;
    const command = new GenerateMacCommand({ KeyId: keyId, MacAlgorithm: 'HMAC_SHA_256', Message });
    try {
      const { Mac } = await within(Math.min(withinMs, bothAttemptsMs), (abortSignal) =>
        kms.send(command, { abortSignal }),
      );
      if (Mac?.length === 32) return Mac;
    } catch (why) {
      throw new ApiError('503000', { why });
    }
    throw new ApiError('503000', { why: 'KMS gave no MAC' });
  };
}
