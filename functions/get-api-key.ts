import { getApiKey } from '../lib/contract/routes.ts';
import { endpoint } from '../lib/service/http/endpoint.ts';
import { keyInPath } from '../lib/service/http/path.ts';
import { keyReply } from '../lib/service/http/replies.ts';
import { visibleApp } from '../lib/service/use-cases/visible-app.ts';
import { lastUseOf } from '../lib/store/last-used.ts';

/** `GET /apps/{app}/apiKeys/{apiKey}` */
export const handler = endpoint(getApiKey, async (call) => {
  const handle = keyInPath(call);
  const app = await visibleApp(call);
  return keyReply(call, app, handle, await lastUseOf(call.table, app.appId, handle, call.deadline));
});
