import { deleteGrant } from '../lib/contract/routes.ts';
import { endpoint } from '../lib/service/http/endpoint.ts';
import { principalInPath } from '../lib/service/http/path.ts';
import { revokeRights } from '../lib/service/use-cases/members.ts';

/** `DELETE /apps/{app}/grants/{principal}` */
export const handler = endpoint(deleteGrant, async (call) => {
  const principal = principalInPath(call);
  await revokeRights(call, principal);
  return { status: 204, logged: { grantee: principal } };
});
