import { updateApiKey as validate } from '../lib/contract/generated/validators.js';
import { updateApiKey } from '../lib/contract/routes.ts';
import { requireFuture } from '../lib/domain/api-key.ts';
import { editKey } from '../lib/domain/keys-of-app.ts';
import { endpoint } from '../lib/http/endpoint.ts';
import { keyInPath } from '../lib/http/path.ts';
import { keyReply } from '../lib/http/replies.ts';
import { change } from '../lib/use-cases/change.ts';

/** `PATCH /apps/{app}/apiKeys/{apiKey}` */
export const handler = endpoint(
  updateApiKey,
  async (call) => {
    requireFuture(call.body.expiresAt, call.deadline.now());
    const handle = keyInPath(call);
    return keyReply(call, await change(call, (app) => editKey(app, handle, call.body), handle), handle);
  },
  validate,
);
