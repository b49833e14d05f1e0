import { disableApiKey } from '../lib/contract/routes.ts';
import { editKey } from '../lib/domain/keys-of-app.ts';
import { endpoint } from '../lib/service/http/endpoint.ts';
import { keyInPath } from '../lib/service/http/path.ts';
import { changedKey, revokedReply } from '../lib/service/http/replies.ts';
import { change } from '../lib/service/use-cases/change.ts';

/** `POST /apps/{app}/apiKeys/{apiKey}/disable` */
export const handler = endpoint(disableApiKey, async (call) => {
  const handle = keyInPath(call);
  const app = await change(call, (found) => editKey(found, handle, { enabled: false }), handle);
  return revokedReply(call, changedKey(call, app, handle));
});
