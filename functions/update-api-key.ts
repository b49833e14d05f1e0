import { updateApiKey as validate } from '../lib/contract/generated/validators.js';
import { updateApiKey } from '../lib/contract/routes.ts';
import { requireFuture } from '../lib/domain/api-key.ts';
import { type ApiKeyPatch, editKey } from '../lib/domain/keys-of-app.ts';
import { parseSources } from '../lib/domain/restrictions.ts';
import { type Call, endpoint } from '../lib/service/http/endpoint.ts';
import { keyInPath } from '../lib/service/http/path.ts';
import { keyReply } from '../lib/service/http/replies.ts';
import { change } from '../lib/service/use-cases/change.ts';
import { lastUseOf } from '../lib/store/last-used.ts';

/** `PATCH /apps/{app}/apiKeys/{apiKey}` */
export const handler = endpoint(
  updateApiKey,
  async (call: Call<ApiKeyPatch>) => {
    requireFuture(call.body.expiresAt, call.deadline.now());
    parseSources(call.body.allowedSources ?? []);
    const handle = keyInPath(call);
    // Read first: once the change is made, nothing may keep it from being answered.
    const lastUsedTime = await lastUseOf(call.table, call.app.appId, handle, call.deadline);
    const app = await change(call, (found) => editKey(found, handle, call.body), handle);
    return keyReply(call, app, handle, lastUsedTime, call.body);
  },
  validate,
);
