import { putGrant as validate } from '../lib/contract/generated/validators.js';
import { putGrant } from '../lib/contract/routes.ts';
import type { Action } from '../lib/domain/policy.ts';
import { type Call, endpoint } from '../lib/service/http/endpoint.ts';
import { principalInPath } from '../lib/service/http/path.ts';
import { grantRights } from '../lib/service/use-cases/members.ts';

/** `PUT /apps/{app}/grants/{principal}` */
export const handler = endpoint(
  putGrant,
  async (call: Call<{ readonly actions: readonly Action[] }>) => {
    const principal = principalInPath(call);
    const { actions } = call.body;
    await grantRights(call, principal, actions);
    return { status: 200, body: { principal, actions }, logged: { grantee: principal, actions: actions.join(' ') } };
  },
  validate,
);
