import { type Place, places } from './places.ts';
import type { VerifierSettings } from './verifier.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** A setting is missing or wrong; the message names it and says what it must be. */
export class ConfigError extends Error {
  constructor(setting: string, rule: string) {
    super(`${setting} ${rule}`);
    this.name = 'ConfigError';
  }
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

/** @throws ConfigError */
export function readTableName(env: Environment): string {
  return matching(env, 'TABLE_NAME', /^[A-Za-z0-9_.-]{3,255}$/, 'must be the name of a DynamoDB table');
}

const keyPrefix = /^(?=.{1,32}$)[A-Za-z0-9]+(_[A-Za-z0-9]+)*$/;

/** @throws ConfigError */
export function readKeyPrefix(env: Environment): string {
  return matching(env, 'API_KEY_PREFIX', keyPrefix, 'must be words joined by "_", 32 characters at most', 'ak');
}

function readAcceptedPrefixes(env: Environment): string[] {
  const prefixes = (env.API_KEY_PREFIXES_ACCEPTED || undefined)?.split(',') ?? [];
  if (prefixes.every((prefix) => keyPrefix.test(prefix))) return prefixes;
  throw new ConfigError('API_KEY_PREFIXES_ACCEPTED', 'must be prefixes as in API_KEY_PREFIX, joined by ","');
}

/** @throws ConfigError */
export function readPartition(env: Environment): string {
  return matching(env, 'HRN_PARTITION', /^[a-z0-9-]{1,32}$/, 'must be lower-case letters, digits or "-"', 'here');
}

/** The setting's text where it fits, or the default. @throws ConfigError */
export function matching(env: Environment, setting: string, rule: RegExp, words: string, otherwise = ''): string {
  const text = env[setting] || otherwise;
  if (!rule.test(text)) throw new ConfigError(setting, words);
  return text;
}
