import type { Replacements } from './replace-files.ts';

/** Environment variables, or what `AWS_CONTAINER_CREDENTIALS_*` name (SnapStart): Lambda has no others. They are renewed as ever. */
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

/** A setting is in the environment or has its default: a function has no ~/.aws, for which each setting would look. */
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

/** DynamoDB and KMS have no operations with streams of events. */
const eventStreams = `
export class EventStreamSerde {
  constructor() {
    throw new Error('event streams are not in this bundle');
  }
}
`;

/** Of endpoints that were discovered there are as many as there are accounts: one. */
const lruCache = `
export default class extends Map {
  constructor() {
    super();
  }
  peek(key) {
    return this.get(key);
  }
}
`;

/**
 * Node's own SHA-256 is always there; a hash is made in one call, without an object for it in native memory. Of bytes Node
 * would make a key object for each signature, which takes six times as long as to sign: each signing key keeps its own.
 */
const sha256 = `
import { createHmac, createSecretKey, hash } from 'node:crypto';
const keys = new WeakMap();
const keyOf = (secret) => {
  if (typeof secret === 'string') return secret;
  if (!keys.has(secret)) keys.set(secret, createSecretKey(secret));
  return keys.get(secret);
};
export class Sha256Node {
  digestLength = 32;
  constructor(secret) {
    this.secret = secret;
    this.reset();
  }
  update(data) {
    this.parts.push(ArrayBuffer.isView(data) ? Buffer.from(data.buffer, data.byteOffset, data.byteLength) : Buffer.from(data));
  }
  async digest() {
    const data = this.parts.length === 1 ? this.parts[0] : Buffer.concat(this.parts);
    const digest = this.secret ? createHmac('sha256', keyOf(this.secret)).update(data).digest() : hash('sha256', data, 'buffer');
    return new Uint8Array(digest.buffer, digest.byteOffset, digest.byteLength);
  }
  reset() {
    this.parts = [];
  }
}
`;

/** Reading the globals `ReadableStream` and `Blob` would load Web Streams, which Node's HTTP client does not give. */
const streamTypes = `
export const isReadableStream = (stream) => stream?.constructor?.name === 'ReadableStream';
export const isBlob = (blob) => blob?.constructor?.name === 'Blob';
`;

/** The Region is in the environment: no function asks the metadata service of a virtual machine for it. */
const metadataRegion = 'export const getInstanceMetadataRegion = async () => undefined;';

/** The SDK catches this and says of a stream that is not Node's that it is unexpected. */
const webStreamMixin = `
export const sdkStreamMixin = () => {
  throw new Error('Web Streams are not in this bundle');
};
`;

const slimSchemas = (source: string) => separable(withoutErrors(source));

/**
 * What of its libraries a function does without, by the file in node_modules: nothing that a Region, FIPS or a
 * partition needs, and no part of retrying, refreshing credentials, or correcting the clock.
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
    '@smithy/core/dist-es/submodules/checksum/sha256/Sha256Node.js': { sha256: '0599f9253cbb8ca4', edit: () => sha256 },
    '@smithy/core/dist-es/submodules/serde/util-stream/stream-type-check.js': {
      sha256: '23dd8d4e6bf7ab9f',
      edit: () => streamTypes,
    },
    '@smithy/core/dist-es/submodules/serde/util-stream/sdk-stream-mixin.browser.js': {
      sha256: 'b5913e68a53d5f89',
      edit: () => webStreamMixin,
    },
    '@smithy/core/dist-es/submodules/config/config-resolver/regionConfig/getInstanceMetadataRegion.js': {
      sha256: 'da6d439b0eb4d93a',
      edit: () => metadataRegion,
    },
    'mnemonist/lru-cache.js': { sha256: 'd9f8a9dd3200e1a4', edit: () => lruCache },
    '@aws-sdk/client-dynamodb/dist-es/schemas/schemas_0.js': { sha256: '3cba646915c51e00', edit: slimSchemas },
    '@aws-sdk/client-kms/dist-es/schemas/schemas_0.js': { sha256: 'c676effea51a163d', edit: slimSchemas },
  }),
);

/**
 * Leaves out the classes of all errors but the one whose fields are read. Of another error the base class is thrown,
 * with its name and message, which is all that the service and the SDK's retries look at.
 */
function withoutErrors(source: string): string {
  return source.replace(/^\w+_registry\.registerError\((\w+)\$, \1\);$/gm, (line, name) =>
    /^(\w+ServiceException|ConditionalCheckFailedException)$/.test(name) ? line : '',
  );
}

/** Writes out computed keys, for which esbuild would keep what is not used. */
function separable(source: string): string {
  const texts = new Map([...source.matchAll(/^const (_\w+) = ("\w+");$/gm)].map(([, name, text]) => [name, text]));
  return source.replace(/\[(_\w+)\]:/g, (key, name) => (texts.has(name) ? `${texts.get(name)}:` : key));
}
