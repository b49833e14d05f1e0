import { generateApiKey as validate } from '../lib/contract/generated/validators.js';
import { generateApiKey } from '../lib/contract/routes.ts';
import type { ApiKeyWish } from '../lib/domain/api-key.ts';
import { standingTowards } from '../lib/domain/policy.ts';
import { type Call, endpoint } from '../lib/http/endpoint.ts';
import { newKeyReply } from '../lib/http/replies.ts';
import { generate } from '../lib/use-cases/generate.ts';

/** `POST /apps/{app}/apiKeys` */
export const handler = endpoint(
  generateApiKey,
  async (call: Call<ApiKeyWish>) => {
    const standing = () => standingTowards(call.app, call.caller, call.settings.partition);
    return newKeyReply(await generate(call, { ...call, wish: call.body, by: call.caller.principal, standing }));
  },
  validate,
);
