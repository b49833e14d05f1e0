import { formatAppHrn } from '../../lib/domain/hrn.ts';
import type { Settings } from '../../lib/service/settings.ts';
import { formatAppUrl, formatUrl, type Ports } from './addresses.ts';
import { demoUsers } from './demo-users.ts';
import { seeds } from './seed.ts';

/** What a verifier outside the service finds the local table by. */
const verifierVariables = ['AWS_ENDPOINT_URL_DYNAMODB', 'AWS_REGION', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'];

/**
 * What `npm start` says when the service answers.
 * @param env of the service
 */
export function formatWelcome(
  ports: Ports,
  token: string,
  { partition, keys, tableName }: Settings,
  env: NodeJS.ProcessEnv,
): string {
  const found = verifierVariables.map((name) => `${name}=${env[name]}`);
  return `appkeys answers on ${formatUrl(ports.httpPort)}, direct invocations on ${formatUrl(ports.lambdaPort)}

The key console:    ${formatUrl(ports.httpPort)}/console
The reference page: ${formatUrl(ports.httpPort)}/docs
Sign in at ${formatUrl(ports.issuerPort)} as ${Object.keys(demoUsers).join(', ')}; there is no password.

Applications, whose manager is the principal demo of the realm myrealm:
${seeds.map((seed) => describeSeed(seed, partition)).join('\n')}

Generate a key; an application has at most ${keys.maxPerApp}:

${formatCurl(`${formatAppUrl(ports, seeds[0], partition)}/apiKeys`, token)}

Its apiKeyId opens an API behind the authorizer:

curl ${formatUrl(ports.httpPort)}/whoami -H 'x-api-key: …'

A verifier of yours (appkeys/verifier) reads the local table in this environment:

export ${[...found, `TABLE_NAME=${tableName}`].join(' ')}

Rotate the key in a secret, as Secrets Manager does by schedule:

${formatRotate(ports, env, partition)}

Another token: npm run --silent token -- --principal demo --realm myrealm
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
