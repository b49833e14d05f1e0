import type { Server } from 'node:http';
import type { Ports } from './addresses.ts';
import { loadHandlers, region } from './functions.ts';
import { createGateway } from './gateway.ts';
import { createLambda } from './lambda.ts';
import { forOwnHosts } from './own-hosts.ts';
import { listen } from './ports.ts';

/** The endpoints of the local stand-ins that the service uses, and the folder of its `settings.json`. */
export interface Surroundings {
  readonly database: { readonly endpoint: string };
  readonly kms: { readonly endpoint: string };
  readonly secretsManager?: { readonly endpoint: string };
  readonly folder: string;
}

/**
 * Starts the service in this process, with the environment in `process.env`.
 * @param stageVariables the stage variables of the API behind the authorizer
 */
export async function startService(
  { httpPort, lambdaPort }: Omit<Ports, 'issuerPort'>,
  stageVariables: Record<string, string> | null = null,
): Promise<{ stop: () => void }> {
  await loadHandlers();
  const [gateway, lambda] = [forOwnHosts(createGateway(stageVariables)), forOwnHosts(createLambda())];
  await listen(gateway, httpPort);
  await listen(lambda, lambdaPort);
  return { stop: () => [gateway, lambda].forEach(close) };
}

/** @returns the environment of the local service: the variables that Lambda sets, without the user's AWS credentials */
export function serviceEnvironment({ database, kms, secretsManager, folder }: Surroundings): NodeJS.ProcessEnv {
  return {
    ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('AWS_'))),
    LAMBDA_TASK_ROOT: folder,
    AWS_ENDPOINT_URL_DYNAMODB: database.endpoint,
    AWS_ENDPOINT_URL_KMS: kms.endpoint,
    ...(secretsManager && { AWS_ENDPOINT_URL_SECRETS_MANAGER: secretsManager.endpoint }),
    AWS_REGION: region,
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
  };
}

function close(server: Server): void {
  server.close().closeAllConnections();
}
