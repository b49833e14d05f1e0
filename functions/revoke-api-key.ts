import { revokeApiKey as validate } from '../lib/contract/generated/validators.js';
import { revokeApiKey } from '../lib/contract/routes.ts';
import { type KeyCall, keyEndpoint } from '../lib/service/http/endpoint.ts';
import { acceptedReply } from '../lib/service/http/replies.ts';
import { loggedOf, revoke } from '../lib/service/use-cases/revoke.ts';

/** `POST /apiKeys/revoke` */
export const handler = keyEndpoint(
  revokeApiKey,
  async (call: KeyCall<{ readonly apiKeyId: string }>) => {
    const report = await revoke(call, call.body.apiKeyId);
    return acceptedReply(call, loggedOf(report, call.settings.partition));
  },
  validate,
);
