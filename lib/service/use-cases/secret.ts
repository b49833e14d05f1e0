import { randomBytes } from 'node:crypto';
import { type ApiKeyId, formatApiKeyId, handleOf, type KeyHandle } from '../../domain/api-key-id.ts';
import { type RepeatableRequest, type RequestId, type RequestRecord, secretInput } from '../../domain/idempotency.ts';
import { type Deadline, timeLeft } from '../../store/settle.ts';
import type { Mac } from '../kms.ts';

/** A new key's secret, and the parameters to store. */
export interface NewSecret {
  readonly apiKeyId: ApiKeyId;
  readonly handle: KeyHandle;
  readonly record?: RequestRecord;
}

/** What makes the bytes of a repeatable secret, and how long that can take. */
interface Maker {
  readonly mac: Mac;
  readonly deadline: Deadline;
}

/** Makes a key from random bytes or, for a repeatable request, from bytes that can be computed again. */
export async function makeSecret(
  { prefix, appId, now }: { prefix: string; appId: string; now: number },
  request: RepeatableRequest | undefined,
  maker: Maker,
): Promise<NewSecret> {
  if (!request) return secretOf(prefix, appId, randomBytes(32));
  const salt = randomBytes(32).toString('base64');
  const secret = secretOf(prefix, appId, await macOf(maker, secretInput(request, salt)));
  return { ...secret, record: { at: now, bodyHash: request.bodyHash, salt, handle: secret.handle, prefix } };
}

/** @returns the secret that was given to the request of this record */
export async function repeatSecret(
  record: RequestRecord,
  appId: string,
  request: RequestId,
  maker: Maker,
): Promise<ApiKeyId> {
  const { apiKeyId, handle } = secretOf(record.prefix, appId, await macOf(maker, secretInput(request, record.salt)));
  if (handle !== record.handle)
    throw new Error('the service key is not the one that the recorded secret was made with');
  return apiKeyId;
}

function macOf({ mac, deadline }: Maker, message: Uint8Array): Promise<Uint8Array> {
  return mac(message, timeLeft(deadline, false));
}

function secretOf(prefix: string, appId: string, bytes: Uint8Array): NewSecret {
  const apiKeyId = formatApiKeyId(prefix, appId, bytes);
  return { apiKeyId, handle: handleOf(apiKeyId) };
}
