import { generateApiKey as validate } from '../lib/contract/generated/validators.js';
import { generateApiKey } from '../lib/contract/routes.ts';
import type { ApiKeyWish } from '../lib/domain/api-key.ts';
import { standingTowards } from '../lib/domain/policy.ts';
import { type Call, endpoint } from '../lib/service/http/endpoint.ts';
import { newKeyReply } from '../lib/service/http/replies.ts';
import { generate } from '../lib/service/use-cases/generate.ts';

/** `POST /apps/{app}/apiKeys` */
export const handler = endpoint(
  generateApiKey,
  async (call: Call<ApiKeyWish>) => {
    const standing = () => standingTowards(call.app, call.caller, call.settings.partition);
    return newKeyReply(await generate(call, { ...call, wish: call.body, by: call.caller.principal, standing }));
  },
  validate,
);
