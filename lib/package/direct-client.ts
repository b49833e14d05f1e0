import { InvokeCommand, type LambdaClient } from '@aws-sdk/client-lambda';
import { TimeUp, withinMs } from '../base/time-limit.ts';
import type { DirectResult } from '../contract/direct-result.ts';
import type { generateApiKeyDirectPayload, newApiKeyReply, verifyApiKeyDirectPayload } from '../contract/schemas.ts';
import type { TypeOf } from '../contract/type-of.ts';
import type { Verification } from '../domain/verification.ts';

/** Longer than the timeout of the functions, which is 15 s. */
const answerMs = 20_000;

export type GenerateApiKeyPayload = TypeOf<typeof generateApiKeyDirectPayload>;
export type NewApiKey = TypeOf<typeof newApiKeyReply>;
export type GenerateApiKeyResult = DirectResult<{ readonly apiKey: NewApiKey }>;
export type VerifyApiKeyPayload = TypeOf<typeof verifyApiKeyDirectPayload>;
export type VerifyApiKeyResult = DirectResult<{ readonly verification: Verification }>;

/** The invoked function crashed or returned no result within 20 s. The function may have executed the request. */
export class FunctionCrash extends Error {
  constructor(functionName: string, detail: string) {
    super(`${functionName}: ${detail}`);
    this.name = 'FunctionCrash';
  }
}

/**
 * Generates an API key from another Lambda function, which needs `lambda:InvokeFunction` on `functionName`.
 * @param lambda your client; create it with `maxAttempts: 1`, since a repeated invocation is a second request
 * @param functionName the name of the deployed `generateApiKeyDirect`, such as `appkeys-prod-generateApiKeyDirect`
 * @returns the key, or the error body of the contract; a rejection is returned, not thrown
 * @throws FunctionCrash when the function did not return a result
 */
export function generateApiKey(
  lambda: LambdaClient,
  functionName: string,
  payload: GenerateApiKeyPayload,
): Promise<GenerateApiKeyResult> {
  return invoke(lambda, functionName, payload);
}

/**
 * Verifies an API key from another Lambda function, which needs `lambda:InvokeFunction` on `functionName`.
 * @param lambda your client, which can repeat this invocation
 * @param functionName the name of the deployed `verifyApiKeyDirect`, such as `appkeys-prod-verifyApiKeyDirect:live`
 * @returns the verification, or the error body of the contract; reject your caller's request in that case
 * @throws FunctionCrash when the function did not return a result
 */
export function verifyApiKey(
  lambda: LambdaClient,
  functionName: string,
  payload: VerifyApiKeyPayload,
): Promise<VerifyApiKeyResult> {
  return invoke(lambda, functionName, payload);
}

async function invoke<Result>(lambda: LambdaClient, functionName: string, payload: object): Promise<Result> {
  const command = new InvokeCommand({ FunctionName: functionName, Payload: JSON.stringify(payload) });
  const answer = await withinMs(answerMs, (abortSignal) => lambda.send(command, { abortSignal })).catch((why) => {
    throw why instanceof TimeUp ? new FunctionCrash(functionName, why.message) : why;
  });
  if (answer.FunctionError || !answer.Payload)
    throw new FunctionCrash(functionName, answer.FunctionError ?? 'no response');
  return JSON.parse(new TextDecoder().decode(answer.Payload));
}
