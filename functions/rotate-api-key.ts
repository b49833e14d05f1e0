import { rotateApiKey as validate } from '../lib/contract/generated/validators.js';
import { rotateApiKey } from '../lib/contract/routes.ts';
import type { RotationWish } from '../lib/domain/rotation.ts';
import { type Call, endpoint } from '../lib/http/endpoint.ts';
import { keyInPath } from '../lib/http/path.ts';
import { newKeyReply } from '../lib/http/replies.ts';
import { rotate } from '../lib/use-cases/rotate.ts';

/** `POST /apps/{app}/apiKeys/{apiKey}/rotate` */
export const handler = endpoint(
  rotateApiKey,
  async (call: Call<RotationWish>) => newKeyReply(await rotate(call, keyInPath(call), call.body, call.request)),
  validate,
);
