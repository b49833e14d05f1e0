import { generateApiKey as validate } from '../lib/contract/generated/validators.js';
import { generateApiKey } from '../lib/contract/operations.ts';
import { standingTowards } from '../lib/domain/policy.ts';
import { generate } from '../lib/generate.ts';
import { endpoint } from '../lib/http/endpoint.ts';

/** `POST /apps/{app}/apiKeys` */
export const handler = endpoint(
  generateApiKey,
  async (call) => {
    const { caller, app, body, settings, correlationId } = call;
    const standing = standingTowards(app, caller, settings.partition);
    const made = await generate(call, { app, wish: body, by: caller.principal, standing, correlationId });
    return { status: 201, body: made, logged: { keyHrn: made.apiKey } };
  },
  validate,
);
