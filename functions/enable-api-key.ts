import { enableApiKey } from '../lib/contract/routes.ts';
import { editKey } from '../lib/domain/keys-of-app.ts';
import { endpoint } from '../lib/service/http/endpoint.ts';
import { keyInPath } from '../lib/service/http/path.ts';
import { changedKey } from '../lib/service/http/replies.ts';
import { change } from '../lib/service/use-cases/change.ts';

/** `POST /apps/{app}/apiKeys/{apiKey}/enable` */
export const handler = endpoint(enableApiKey, async (call) => {
  const handle = keyInPath(call);
  const app = await change(call, (found) => editKey(found, handle, { enabled: true }), handle);
  return { status: 204, logged: changedKey(call, app, handle) };
});
