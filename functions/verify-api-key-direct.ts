import { verifyApiKeyDirect as validate } from '../lib/contract/generated/validators.js';
import { verifyApiKeyDirect } from '../lib/contract/routes.ts';
import { type DirectCall, directEndpoint } from '../lib/service/direct-endpoint.ts';
import { type Question, verify } from '../lib/service/use-cases/verify.ts';

interface Payload extends Question {
  readonly correlationId?: string;
}

/** `verifyApiKey` for other Lambda functions, without an HTTP event. IAM decides which clients can invoke it. */
export const handler = directEndpoint(verifyApiKeyDirect, validate, async (call: DirectCall, payload: Payload) => {
  const { verification, ...outcome } = await verify(call, payload);
  return { success: { verification }, ...outcome };
});
