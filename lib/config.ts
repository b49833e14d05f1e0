import { isRealm } from './domain/hrn.ts';
import { type Place, places } from './verifier/places.ts';
import type { VerifierSettings } from './verifier/verifier.ts';

/** A token issuer that this service trusts, for the realms that it speaks for. */
export interface TokenIssuer {
  readonly issuer: string;
  readonly audience: string;
  /** where its keys are: https, or http on loopback */
  readonly jwksUri: string;
  readonly algorithms: readonly string[];
  readonly realms: readonly string[];
}

/** Which claim of a token holds what. */
export interface ClaimNames {
  readonly principal: string;
  readonly realm: string;
  readonly scope: string;
  readonly permissions: string;
}

export interface TokenSettings {
  readonly issuers: readonly TokenIssuer[];
  readonly claims: ClaimNames;
  /** known keys serve so long after they were fetched, if their issuer gives no others */
  readonly maxStaleSeconds: number;
}

/** GCRA: a steady rate, and how many may come at once. */
export interface RateLimit {
  readonly requestsPerSecond: number;
  readonly burst: number;
}

export interface Settings {
  readonly tableName: string;
  readonly partition: string;
  readonly keyPrefix: string;
  readonly maxKeysPerApp: number;
  /** the KMS key, or an alias of it, that Idempotency-Key needs */
  readonly serviceKeyId: string;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** A setting is missing or wrong; the message names it and says what it must be. */
export class ConfigError extends Error {
  constructor(setting: string, rule: string) {
    super(`${setting} ${rule}`);
    this.name = 'ConfigError';
  }
}

/** @throws ConfigError */
export function readSettings(env: Environment): Settings {
  return {
    tableName: readTableName(env),
    partition: readPartition(env),
    keyPrefix: readKeyPrefix(env),
    maxKeysPerApp: readMaxKeysPerApp(env),
    serviceKeyId: matching(env, 'SERVICE_KEY_ID', /^[A-Za-z0-9:/_-]+$/, 'must be a KMS key or an alias/…'),
  };
}

/** @throws ConfigError */
export function readMaxKeysPerApp(env: Environment): number {
  return Number(matching(env, 'MAX_KEYS_PER_APP', /^([1-9]|[1-4]\d|50)$/, 'must be 1 to 50', '2'));
}

/** @throws ConfigError */
export function readVerifierSettings(env: Environment): VerifierSettings {
  const seconds = 'must be a whole number of seconds';
  const lastUsed = matching(env, 'LAST_USED_SECONDS', /^(off|[1-9]\d{0,7})$/, `${seconds}, or "off"`, '3600');
  return {
    partition: readPartition(env),
    prefixes: [readKeyPrefix(env), ...readAcceptedPrefixes(env)],
    cacheSeconds: Number(matching(env, 'VERIFY_CACHE_SECONDS', /^(\d|[1-9]\d{1,3})$/, `${seconds}, 0 to 9999`, '10')),
    lastUsedSeconds: lastUsed === 'off' ? undefined : Number(lastUsed),
  };
}

/** @returns where a request may hold a key, the first place first. @throws ConfigError */
export function readPlaces(env: Environment): readonly Place[] {
  const found = (env.API_KEY_PLACES || places.join(',')).split(',') as Place[];
  const isValid = new Set(found).size === found.length && found.every((place) => places.includes(place));
  if (!isValid) throw new ConfigError('API_KEY_PLACES', `must be one or more of ${places.join(',')}`);
  return found;
}

/** @returns under which name the metrics of this stage stand in CloudWatch */
export function metricsNamespace(env: Environment): string {
  return env.METRICS_NAMESPACE || 'appkeys';
}

/** @throws ConfigError */
export function readTableName(env: Environment): string {
  return matching(env, 'TABLE_NAME', /^[A-Za-z0-9_.-]{3,255}$/, 'must be the name of a DynamoDB table');
}

const keyPrefix = /^(?=.{1,32}$)[A-Za-z0-9]+(_[A-Za-z0-9]+)*$/;

function readKeyPrefix(env: Environment): string {
  return matching(env, 'API_KEY_PREFIX', keyPrefix, 'must be words joined by "_", 32 characters at most', 'ak');
}

function readAcceptedPrefixes(env: Environment): string[] {
  const prefixes = (env.API_KEY_PREFIXES_ACCEPTED || undefined)?.split(',') ?? [];
  if (prefixes.every((prefix) => keyPrefix.test(prefix))) return prefixes;
  throw new ConfigError('API_KEY_PREFIXES_ACCEPTED', 'must be prefixes as in API_KEY_PREFIX, joined by ","');
}

/** @throws ConfigError */
export function readEventSettings(env: Environment): { eventBus: string; partition: string } {
  return {
    eventBus: matching(env, 'EVENT_BUS', /^[A-Za-z0-9/_.-]{1,256}$/, 'must be the name of an EventBridge bus'),
    partition: readPartition(env),
  };
}

function readPartition(env: Environment): string {
  return matching(env, 'HRN_PARTITION', /^[a-z0-9-]{1,32}$/, 'must be lower-case letters, digits or "-"', 'here');
}

/** @returns undefined when the limit is off. @throws ConfigError */
export function readRateLimit(env: Environment): RateLimit | undefined {
  const rule = 'must be "<requests a second>,<burst>", such as "10,20", or "off"';
  const text = matching(env, 'RATE_LIMIT', /^(off|\d+(\.\d+)?,[1-9]\d*)$/, rule, '10,20');
  if (text === 'off') return undefined;
  const [requestsPerSecond = 0, burst = 0] = text.split(',').map(Number);
  if (requestsPerSecond < 0.001 || requestsPerSecond > 100_000 || burst > 100_000)
    throw new ConfigError('RATE_LIMIT', rule);
  return { requestsPerSecond, burst };
}

/** @throws ConfigError */
export function readTokenSettings(env: Environment): TokenSettings {
  const issuers = jsonOf(env, 'TOKEN_ISSUERS');
  if (!Array.isArray(issuers) || issuers.length === 0) {
    throw new ConfigError('TOKEN_ISSUERS', 'must be a JSON list of at least one issuer; there is no default');
  }
  issuers.forEach(requireIssuer);
  requireDistinct(issuers, (issuer) => [issuer.issuer], 'names an issuer twice');
  requireDistinct(issuers, (issuer) => issuer.realms, 'gives a realm twice: each is of one issuer');
  return { issuers, claims: readClaimNames(env), maxStaleSeconds: readMaxStaleSeconds(env) };
}

function readMaxStaleSeconds(env: Environment): number {
  const name = 'ISSUER_KEYS_MAX_STALE_SECONDS';
  const seconds = Number(matching(env, name, /^\d{1,6}$/, staleRule, '21600'));
  if (seconds < 600 || seconds > 604_800) throw new ConfigError(name, staleRule);
  return seconds;
}

const staleRule = 'must be a whole number of seconds, 600 to 604800';

function readClaimNames(env: Environment): ClaimNames {
  const defaults = { principal: 'sub', realm: 'rlm', scope: 'scope', permissions: 'permissions' };
  const names = env.TOKEN_CLAIMS ? jsonOf(env, 'TOKEN_CLAIMS') : {};
  const valid =
    isRecord(names) && Object.entries(names).every(([key, name]) => Object.hasOwn(defaults, key) && isText(name));
  if (!valid)
    throw new ConfigError(
      'TOKEN_CLAIMS',
      `must be a JSON object of claim names for ${Object.keys(defaults).join(', ')}`,
    );
  return { ...defaults, ...names };
}

const issuerRules: Record<keyof TokenIssuer, (value: unknown) => boolean> = {
  // "#" separates the parts of a rate limit's key.
  issuer: (value) => isText(value) && !value.includes('#'),
  audience: isText,
  jwksUri: isSafeUrl,
  algorithms: (value) => isList(value, (name) => /^((RS|PS|ES)(256|384|512)|EdDSA|Ed25519)$/.test(name)),
  realms: (value) => isList(value, isRealm),
};

function requireIssuer(issuer: unknown, index: number): asserts issuer is TokenIssuer {
  const place = `TOKEN_ISSUERS[${index}]`;
  if (!isRecord(issuer)) throw new ConfigError(place, 'must be a JSON object');
  for (const [field, rule] of Object.entries(issuerRules)) {
    if (!rule(issuer[field])) throw new ConfigError(`${place}.${field}`, 'is missing or wrong; see the README');
  }
}

function requireDistinct(issuers: TokenIssuer[], of: (issuer: TokenIssuer) => readonly string[], fault: string): void {
  const all = issuers.flatMap(of);
  if (new Set(all).size !== all.length) throw new ConfigError('TOKEN_ISSUERS', fault);
}

function isSafeUrl(value: unknown): boolean {
  const url = typeof value === 'string' && URL.parse(value);
  if (!url || url.username || url.password) return false;
  const isLoopback = ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname);
  return url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback);
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0;
}

function isList(value: unknown, each: (text: string) => boolean): boolean {
  return Array.isArray(value) && value.length > 0 && value.every((text) => typeof text === 'string' && each(text));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function jsonOf(env: Environment, setting: string): unknown {
  try {
    return JSON.parse(env[setting] ?? '');
  } catch {
    throw new ConfigError(setting, env[setting] ? 'is not valid JSON' : 'is not set');
  }
}

function matching(env: Environment, setting: string, rule: RegExp, words: string, otherwise = ''): string {
  const text = env[setting] || otherwise;
  if (!rule.test(text)) throw new ConfigError(setting, words);
  return text;
}
