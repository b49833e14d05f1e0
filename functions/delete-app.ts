import { deleteApp } from '../lib/contract/routes.ts';
import { endpoint } from '../lib/service/http/endpoint.ts';
import { endApp } from '../lib/service/use-cases/members.ts';

/** `DELETE /apps/{app}` */
export const handler = endpoint(deleteApp, async (call) => {
  await endApp(call);
  return { status: 204 };
});
