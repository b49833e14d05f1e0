import { formatAppHrn } from '../../lib/domain/hrn.ts';
import type { Settings } from '../../lib/service/settings.ts';
import { formatAppUrl, formatUrl, type Ports } from './addresses.ts';
import { demoUsers } from './demo-users.ts';
import { seeds } from './seed.ts';

/** The environment variables with which a verifier outside the service finds the local table. */
const verifierVariables = ['AWS_ENDPOINT_URL_DYNAMODB', 'AWS_REGION', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'];

/**
 * The text that `npm start` prints when the service is ready.
 * @param env the environment of the service
 */
export function formatWelcome(
  ports: Ports,
  token: string,
  { partition, keys, tableName }: Settings,
  env: NodeJS.ProcessEnv,
): string {
  const found = verifierVariables.map((name) => `${name}=${env[name]}`);
  return `appkeys is ready on ${formatUrl(ports.httpPort)}, with direct invocations on ${formatUrl(ports.lambdaPort)}

The key console:    ${formatUrl(ports.httpPort)}/console
The reference page: ${formatUrl(ports.httpPort)}/docs
Sign in at ${formatUrl(ports.issuerPort)} as ${Object.keys(demoUsers).join(', ')}; there is no password.

Applications, which the principal demo of the realm myrealm manages:
${seeds.map((seed) => describeSeed(seed, partition)).join('\n')}

Generate an API key; an application can have at most ${keys.maxPerApp}:

${formatCurl(`${formatAppUrl(ports, seeds[0], partition)}/apiKeys`, token)}

Use its apiKeyId to call an API behind the authorizer:

curl ${formatUrl(ports.httpPort)}/whoami -H 'x-api-key: …'

Your own verifier (appkeys/verifier) reads the local table with these variables:

export ${[...found, `TABLE_NAME=${tableName}`].join(' ')}

Rotate the key in a secret, as Secrets Manager does on schedule:

${formatRotate(ports, env, partition)}

Get another token: npm run --silent token -- --principal demo --realm myrealm
Stop with Ctrl-C.
`;
}

function describeSeed(seed: (typeof seeds)[number], partition: string): string {
  return `  ${formatAppHrn(seed, partition)}  ${seed.name}`;
}

function formatRotate(
  { lambdaPort }: Ports,
  { AWS_ENDPOINT_URL_SECRETS_MANAGER: url = '' }: NodeJS.ProcessEnv,
  partition: string,
): string {
  const flags = `--lambda-port ${lambdaPort} --secrets-port ${new URL(url).port}`;
  return `npm run --silent rotate -- --app ${formatAppHrn(seeds[0], partition)} --overlap 60 ${flags}`;
}

function formatCurl(url: string, token: string): string {
  return `curl '${url}' -H 'Authorization: Bearer ${token}' -H 'Content-Type: application/json' -d '{"name":"first key"}'`;
}
