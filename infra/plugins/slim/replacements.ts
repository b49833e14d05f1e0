import type { Replacements } from './replace-files.ts';

/**
 * Lambda provides credentials only in environment variables, or at the URL in `AWS_CONTAINER_CREDENTIALS_*`
 * (SnapStart). Their renewal does not change.
 */
const credentialProvider = `
import { fromEnv } from '@aws-sdk/credential-provider-env';
import { fromHttp } from '@aws-sdk/credential-provider-http';
import { memoizeChain } from './runtime/memoize-chain';
export const credentialsWillNeedRefresh = (credentials) => credentials?.expiration !== undefined;
export const credentialsTreatedAsExpired = (credentials) =>
  credentialsWillNeedRefresh(credentials) && credentials.expiration.getTime() - Date.now() < 300_000;
export const defaultProvider = (init) =>
  memoizeChain([fromEnv(init), () => fromHttp(init)()], credentialsTreatedAsExpired);
`;

/**
 * A setting is in the environment or has its default. A function has no ~/.aws, where each setting would otherwise
 * look.
 */
const configLoader = `
import { memoize } from '../property-provider/memoize';
import { fromStatic } from './fromStatic';
const settingOf = (select, options) => {
  try {
    return select(process.env, options);
  } catch {}
};
export const loadConfig = ({ environmentVariableSelector: select, default: otherwise }, options = {}) =>
  memoize(async () => settingOf(select, options) ?? fromStatic(otherwise)());
`;

/** DynamoDB and KMS have no operations with event streams. */
const eventStreams = `
export class EventStreamSerde {
  constructor() {
    throw new Error('event streams are not in this bundle');
  }
}
`;

const slimSchemas = (source: string) => separable(withoutErrors(source));

/**
 * The parts of libraries that functions do not need, by the file in node_modules. All code for Regions, FIPS,
 * partitions, retries, renewal of credentials, and clock correction stays.
 */
export const replacements: Replacements = new Map(
  Object.entries({
    '@aws-sdk/credential-provider-node/dist-es/defaultProvider.js': {
      sha256: 'f459d07b8f2c2e31',
      edit: () => credentialProvider,
    },
    '@smithy/core/dist-es/submodules/config/node-config-provider/configLoader.js': {
      sha256: '52d078dae8acaf82',
      edit: () => configLoader,
    },
    '@smithy/core/dist-es/submodules/event-streams/index.js': { sha256: '261c2b96dec39e36', edit: () => eventStreams },
    '@aws-sdk/client-dynamodb/dist-es/schemas/schemas_0.js': { sha256: '3cba646915c51e00', edit: slimSchemas },
    '@aws-sdk/client-kms/dist-es/schemas/schemas_0.js': { sha256: 'c676effea51a163d', edit: slimSchemas },
  }),
);

/**
 * Leaves out the classes of all errors except the error whose fields are read. Other errors are thrown as the base
 * class with their name and message. The service and the SDK's retries read nothing else.
 */
function withoutErrors(source: string): string {
  return source.replace(/^\w+_registry\.registerError\((\w+)\$, \1\);$/gm, (line, name) =>
    /^(\w+ServiceException|ConditionalCheckFailedException)$/.test(name) ? line : '',
  );
}

/** Writes out computed keys, because esbuild keeps unused code for them. */
function separable(source: string): string {
  const texts = new Map([...source.matchAll(/^const (_\w+) = ("\w+");$/gm)].map(([, name, text]) => [name, text]));
  return source.replace(/\[(_\w+)\]:/g, (key, name) => (texts.has(name) ? `${texts.get(name)}:` : key));
}
