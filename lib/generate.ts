import { randomBytes, randomUUID } from 'node:crypto';
import { type ApiKeyWish, formatNewApiKey, newApiKey } from './domain/api-key.ts';
import { formatApiKeyId, handleOf } from './domain/api-key-id.ts';
import { type AppRef, formatApiKeyHrn } from './domain/hrn.ts';
import type { Standing } from './domain/policy.ts';
import type { Service } from './service.ts';
import { addApiKey } from './store/add-api-key.ts';
import type { Deadline } from './store/settle.ts';

/** Who wants which key of which application. */
interface Wanted {
  readonly app: AppRef;
  readonly wish: ApiKeyWish;
  readonly by: string;
  readonly standing: Standing;
  readonly correlationId: string;
}

/**
 * Generates an API key, however it was asked for.
 * @returns the body of the answer, the only place that ever holds the secret
 * @throws ApiError as `newApiKey` and `addApiKey` do
 */
export async function generate(
  { settings, table, deadline }: Service & { readonly deadline: Deadline },
  { app, wish, by, standing, correlationId }: Wanted,
) {
  const now = deadline.now();
  const key = newApiKey(wish, by, now);
  const apiKeyId = formatApiKeyId(settings.keyPrefix, app.appId, randomBytes(32));
  const handle = handleOf(apiKeyId);
  const keyHrn = formatApiKeyHrn(app.realm, handle, settings.partition);
  const change = { op: randomUUID(), by, action: 'generateApiKey', keyHrn, correlationId };
  const addition = { app, handle, key, standing, maxKeys: settings.maxKeysPerApp, now, change };
  const stored = await addApiKey(table, addition, deadline);
  return formatNewApiKey(apiKeyId, handle, stored, app, settings.partition);
}
