import { deleteApp } from '../lib/contract/routes.ts';
import { endpoint } from '../lib/http/endpoint.ts';
import { endApp } from '../lib/use-cases/members.ts';

/** `DELETE /apps/{app}` */
export const handler = endpoint(deleteApp, async (call) => {
  await endApp(call);
  return { status: 204 };
});
