import { rotateApiKey as validate } from '../lib/contract/generated/validators.js';
import { rotateApiKey } from '../lib/contract/routes.ts';
import type { RotationInput } from '../lib/domain/rotation.ts';
import { type Call, endpoint } from '../lib/service/http/endpoint.ts';
import { keyInPath } from '../lib/service/http/path.ts';
import { newKeyReply, withEnd } from '../lib/service/http/replies.ts';
import { rotate } from '../lib/service/use-cases/rotate.ts';

/** `POST /apps/{app}/apiKeys/{apiKey}/rotate` */
export const handler = endpoint(
  rotateApiKey,
  async (call: Call<RotationInput>) => {
    const { end, ...made } = await rotate(call, keyInPath(call), call.body, call.request);
    return withEnd(call, newKeyReply(made), end);
  },
  validate,
);
