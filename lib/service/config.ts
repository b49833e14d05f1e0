import { isRealm } from '../domain/hrn.ts';
import type { RateLimit } from '../store/rate-limit.ts';
import {
  ConfigError,
  type Environment,
  matching,
  readKeyPrefix,
  readPartition,
  readTableName,
} from '../verification/settings.ts';

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

export interface Settings {
  readonly tableName: string;
  readonly partition: string;
  readonly keyPrefix: string;
  readonly maxKeysPerApp: number;
  /** the KMS key, or an alias of it, that Idempotency-Key needs */
  readonly serviceKeyId: string;
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

/** @returns under which name the metrics of this stage stand in CloudWatch */
export function metricsNamespace(env: Environment): string {
  return env.METRICS_NAMESPACE || 'appkeys';
}

/** @throws ConfigError */
export function readEventSettings(env: Environment): { eventBus: string; partition: string } {
  return {
    eventBus: matching(env, 'EVENT_BUS', /^[A-Za-z0-9/_.-]{1,256}$/, 'must be the name of an EventBridge bus'),
    partition: readPartition(env),
  };
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
