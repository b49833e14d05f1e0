import { getApiKey } from '../lib/contract/routes.ts';
import { endpoint } from '../lib/http/endpoint.ts';
import { keyInPath } from '../lib/http/path.ts';
import { keyReply } from '../lib/http/replies.ts';
import { lastUseOf } from '../lib/store/last-used.ts';
import { visibleApp } from '../lib/use-cases/visible-app.ts';

/** `GET /apps/{app}/apiKeys/{apiKey}` */
export const handler = endpoint(getApiKey, async (call) => {
  const handle = keyInPath(call);
  const app = await visibleApp(call);
  return keyReply(call, app, handle, await lastUseOf(call.table, app.appId, handle, call.deadline));
});
