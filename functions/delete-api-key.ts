import { deleteApiKey } from '../lib/contract/routes.ts';
import { deleteKey } from '../lib/domain/keys-of-app.ts';
import { endpoint } from '../lib/service/http/endpoint.ts';
import { keyInPath } from '../lib/service/http/path.ts';
import { changedKey, revokedReply } from '../lib/service/http/replies.ts';
import { change } from '../lib/service/use-cases/change.ts';

/** `DELETE /apps/{app}/apiKeys/{apiKey}` */
export const handler = endpoint(deleteApiKey, async (call) => {
  const handle = keyInPath(call);
  const app = await change(call, (found, made) => deleteKey(found, handle, made), handle);
  return revokedReply(call, changedKey(call, app, handle));
});
