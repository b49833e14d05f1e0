import { LambdaClient } from '@aws-sdk/client-lambda';
import { type ApiKey, AppkeysError, type Client, createClient, everyItem, type NewApiKey } from 'appkeys/client';
import { generateApiKey, verifyApiKey } from 'appkeys/direct';

const appkeys: Client = createClient({ url: process.env.APPKEYS_URL ?? '', token: () => 'a.b.c', attempts: 1 });

export async function rotate(app: string, { apiKey }: ApiKey): Promise<string> {
  const successor: NewApiKey = await appkeys.rotateApiKey({ app, apiKey, overlapSeconds: 60 });
  for await (const { name, expiresAt } of everyItem(appkeys.listApiKeys, { app })) console.log(name, expiresAt + 1);
  const verification = await appkeys.verifyApiKey({ apiKeyId: successor.apiKeyId });
  if (verification.valid) return verification.identity;
  return verification.reason;
}

const lambda = new LambdaClient({ maxAttempts: 1 });

export async function signUp(app: string): Promise<string> {
  const result = await generateApiKey(lambda, 'appkeys-prod-generateApiKeyDirect', { app, name: 'sign-up' });
  if (!result.ok) return result.error.code;
  const { apiKeyId } = result.apiKey;
  const verified = await verifyApiKey(lambda, 'appkeys-prod-verifyApiKeyDirect:live', { apiKeyId });
  return verified.ok && verified.verification.valid ? verified.verification.identity : 'nobody';
}

try {
  await appkeys.listApps();
} catch (error) {
  if (error instanceof AppkeysError) console.log(error.code);
}
