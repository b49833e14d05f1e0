import { generateApiKeyDirect as validate } from '../lib/contract/generated/validators.js';
import { generateApiKeyDirect } from '../lib/contract/routes.ts';
import type { ApiKeyInput } from '../lib/domain/api-key.ts';
import { parseAppHrn } from '../lib/domain/hrn.ts';
import { requestId } from '../lib/domain/idempotency.ts';
import { fullRights } from '../lib/domain/policy.ts';
import { type DirectCall, directEndpoint } from '../lib/service/direct-endpoint.ts';
import { keyMade } from '../lib/service/metrics.ts';
import { generate } from '../lib/service/use-cases/generate.ts';

interface Payload extends ApiKeyInput {
  readonly app: string;
  readonly createdBy?: string;
  readonly correlationId?: string;
  readonly idempotencyKey?: string;
}

/** `generateApiKey` for other Lambda functions, without an HTTP event. IAM decides which clients can invoke it. */
export const handler = directEndpoint(generateApiKeyDirect, validate, async (call: DirectCall, payload: Payload) => {
  const { idempotencyKey: key } = payload;
  const app = parseAppHrn(payload.app, call.settings.partition);
  const by = `lambda:${payload.createdBy?.trim() ?? 'unnamed'}`;
  const request = key === undefined ? undefined : requestId(['', by, generateApiKeyDirect.id, payload.app, key]);
  const made = await generate(call, { ...call, app, input: payload, by, callerRights: () => fullRights, request });
  const logged = { keyHrn: made.body.apiKey, by };
  return { success: { apiKey: made.body }, logged, metrics: made.isReplayed ? [] : [keyMade] };
});
