import { generateApiKey as validate } from '../lib/contract/generated/validators.js';
import { generateApiKey } from '../lib/contract/routes.ts';
import type { ApiKeyInput } from '../lib/domain/api-key.ts';
import { callerRightsOn } from '../lib/domain/policy.ts';
import { type Call, endpoint } from '../lib/service/http/endpoint.ts';
import { newKeyReply } from '../lib/service/http/replies.ts';
import { generate } from '../lib/service/use-cases/generate.ts';

/** `POST /apps/{app}/apiKeys` */
export const handler = endpoint(
  generateApiKey,
  async (call: Call<ApiKeyInput>) => {
    const callerRights = () => callerRightsOn(call.app, call.caller, call.settings.partition);
    return newKeyReply(await generate(call, { ...call, input: call.body, by: call.caller.principal, callerRights }));
  },
  validate,
);
