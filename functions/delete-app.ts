import { deleteApp } from '../lib/contract/routes.ts';
import { endpoint } from '../lib/service/http/endpoint.ts';
import { revokedReply } from '../lib/service/http/replies.ts';
import { endApp } from '../lib/service/use-cases/members.ts';

/** `DELETE /apps/{app}` */
export const handler = endpoint(deleteApp, async (call) => {
  await endApp(call);
  return revokedReply(call);
});
