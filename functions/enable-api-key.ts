import { enableApiKey } from '../lib/contract/routes.ts';
import { editKey } from '../lib/domain/keys-of-app.ts';
import { endpoint } from '../lib/service/http/endpoint.ts';
import { keyInPath } from '../lib/service/http/path.ts';
import { doneReply } from '../lib/service/http/replies.ts';
import { change } from '../lib/service/use-cases/change.ts';

/** `POST /apps/{app}/apiKeys/{apiKey}/enable` */
export const handler = endpoint(enableApiKey, async (call) => {
  const handle = keyInPath(call);
  return doneReply(call, await change(call, (app) => editKey(app, handle, { enabled: true }), handle), handle);
});
