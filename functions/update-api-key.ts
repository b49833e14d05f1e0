import { updateApiKey as validate } from '../lib/contract/generated/validators.js';
import { updateApiKey } from '../lib/contract/routes.ts';
import { type ApiKeyPatch, patchKey } from '../lib/domain/keys-of-app.ts';
import { requireExpiry } from '../lib/domain/lifetime.ts';
import { parseSources } from '../lib/domain/restrictions.ts';
import { endAfterKeyPatch } from '../lib/domain/taken-away.ts';
import { type Call, endpoint } from '../lib/service/http/endpoint.ts';
import { keyInPath } from '../lib/service/http/path.ts';
import { keyReply, withEnd } from '../lib/service/http/replies.ts';
import { lifetimeOf } from '../lib/service/settings.ts';
import { changeFrom } from '../lib/service/use-cases/change.ts';
import { lastUseOf } from '../lib/store/last-used.ts';

/** `PATCH /apps/{app}/apiKeys/{apiKey}` */
export const handler = endpoint(
  updateApiKey,
  async (call: Call<ApiKeyPatch>) => {
    const limits = { now: call.deadline.now(), lifetime: lifetimeOf(call.settings, call.app.realm) };
    requireExpiry(call.body.expiresAt, limits.now, limits.lifetime);
    parseSources(call.body.allowedSources ?? []);
    const handle = keyInPath(call);
    // Reads first, so that no read can fail between the change and its response.
    const lastUsedTime = await lastUseOf(call.table, call.app.appId, handle, call.deadline);
    const changed = await changeFrom(call, (found) => patchKey(found, handle, call.body, limits), handle);
    const reply = keyReply(call, changed.after, handle, lastUsedTime, call.body);
    return withEnd(call, reply, endAfterKeyPatch(changed, handle, call.body, call.deadline.now()));
  },
  validate,
);
