import { verifyApiKeyDirect as validate } from '../lib/contract/generated/validators.js';
import { verifyApiKeyDirect } from '../lib/contract/routes.ts';
import { type DirectCall, directEndpoint } from '../lib/service/direct-endpoint.ts';
import { verify } from '../lib/service/use-cases/verify.ts';

interface Presented {
  readonly apiKeyId: string;
  readonly correlationId?: string;
}

/** The same operation for other Lambda functions: no HTTP event, and IAM decides who may invoke it. */
export const handler = directEndpoint(
  verifyApiKeyDirect,
  validate,
  async (call: DirectCall, { apiKeyId }: Presented) => {
    const { verification, ...told } = await verify(call, apiKeyId);
    return { success: { verification }, ...told };
  },
);
