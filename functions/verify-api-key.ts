import { verifyApiKey as validate } from '../lib/contract/generated/validators.js';
import { verifyApiKey } from '../lib/contract/routes.ts';
import { requirePermission } from '../lib/domain/policy.ts';
import { type Call, endpoint } from '../lib/service/http/endpoint.ts';
import { type Question, requireAddress, verify } from '../lib/service/use-cases/verify.ts';

/** `POST /apiKeys/verify` */
export const handler = endpoint(
  verifyApiKey,
  async (call: Call<Question>) => {
    requireAddress(call.body.source);
    requirePermission(call.caller, 'verify');
    const { verification, ...outcome } = await verify(call, call.body, call.caller.realm);
    return { status: 200, body: verification, ...outcome };
  },
  validate,
);
