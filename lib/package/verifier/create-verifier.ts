import type { Demands, RequestOrigin } from '../../domain/restrictions.ts';
import type { InvalidKey, ValidKey, Verification } from '../../domain/verification.ts';
import { openVerifyingTable, type VerifyingTable } from '../../store/verifying-table.ts';
import {
  HeaderOrigin,
  type KeyLocation,
  keyLocations,
  presentedKey,
  type RequestParts,
} from '../../verification/key-locations.ts';
import {
  appIdRule,
  fits,
  isListOf,
  isWhole,
  keyPrefixRule,
  maxCacheSecondsOutside,
  maxLastUsedSeconds,
  partitionRule,
  realmRule,
  SettingsError,
  scopeRule,
  tableNameRule,
} from '../../verification/settings-rules.ts';
import { systemClock, Verifier } from '../../verification/verifier.ts';
import { factsRules, isText, listRule, needsRules, type OptionRules, requireOptions } from './options.ts';

export type { InvalidKey, KeyLocation, RequestParts, ValidKey, Verification };

/** These options must match the settings of the service. Their defaults are the defaults of the service. */
export interface VerifierOptions {
  /** names of the realms whose keys are accepted, or `*` for every realm */
  readonly realms: readonly string[] | '*';
  /** scopes that a key must all have; default none */
  readonly scopes?: readonly string[];
  /** IDs of the applications whose keys are accepted; default all */
  readonly apps?: readonly string[];
  /** name of the table of the service, such as `appkeys-prod`; the AWS SDK finds its credentials in its environment */
  readonly tableName: string | undefined;
  /** Region of the table, such as `eu-central-1`; default AWS_REGION */
  readonly region?: string | undefined;
  /** the setting `partition` of the service; default `here` */
  readonly partition?: string;
  /** the setting `keys.prefix` of the service, then `keys.prefixesAccepted`; default `['ak']` */
  readonly prefixes?: readonly string[];
  /**
   * how many seconds a positive verification is cached, from 0 to 60; default 10. A disabled key is rejected after this
   * time at the latest.
   */
  readonly cacheSeconds?: number;
  /** record the use of a key at most once in this many seconds; default 3600; `off` needs no write permission */
  readonly lastUsedSeconds?: number | 'off';
  /** where a request can contain a key, in order; default `query`, `x-api-key`, `authorization` */
  readonly locations?: readonly KeyLocation[];
  /** called with the reason if the use of a key could not be recorded */
  readonly onWarning?: (why: unknown) => void;
}

/** The requirements of one request. */
export interface Needs {
  /** scopes that the key must have in addition to those of the verifier */
  readonly scopes?: readonly string[];
}

/** The requirements and the origin of one request. A key that is restricted to other origins is not valid. */
export interface RequestFacts extends Needs {
  /** IP address of the client, as your gateway or framework reports it */
  readonly source?: string | undefined;
  /** value of the header `Origin`, or of `Referer` if there is no `Origin` */
  readonly referrer?: string | undefined;
}

/** Verifies API keys in this process. Create one verifier per process, because it contains the cache. */
export interface KeyVerifier {
  /**
   * @param apiKeyId the text that a caller presents as an API key
   * @throws ApiError 503000 when the database is unavailable; reject the request in that case
   */
  verify(apiKeyId: string, facts?: RequestFacts): Promise<Verification>;
  /**
   * Finds the key of a request and verifies it. Besides the reasons of `verify`, the reason can be `missing`: no
   * allowed location contains a key. `ambiguous`: the locations contain different values. `misplaced`: a location that
   * is not allowed contains a key.
   * @throws ApiError 503000 when the database is unavailable; reject the request in that case
   */
  verifyRequest(request: RequestParts, needs?: Needs): Promise<RequestVerification>;
}

export type RequestVerification =
  | Verification
  | { readonly valid: false; readonly reason: 'missing' | 'ambiguous' | 'misplaced' };

/**
 * Creates a verifier with the rules of the service, for any Lambda function or server that can read its table. It needs
 * `dynamodb:GetItem`, and `dynamodb:UpdateItem` to record when a key was last used.
 * @throws SettingsError at once, when the realms, the table or the Region are missing, or an option is invalid
 */
export function createVerifier(options: VerifierOptions): KeyVerifier {
  requireValid(options);
  const {
    partition = 'here',
    prefixes = ['ak'],
    cacheSeconds = 10,
    lastUsedSeconds = 3600,
    locations = keyLocations,
  } = options;
  const lastUsed = lastUsedSeconds === 'off' ? undefined : lastUsedSeconds;
  const settings = { partition, prefixes, cacheSeconds, lastUsedSeconds: lastUsed };
  const verifier = new Verifier(openTable(options), settings, systemClock, options.onWarning);
  const { realms, apps, scopes } = options;
  const usual: Demands = { realms: realms === '*' ? undefined : realms, apps, scopes };
  const check = async (apiKeyId: string, needed: readonly string[] | undefined, origin: RequestOrigin) =>
    (await verifier.check(apiKeyId, { demands: needed ? withScopes(usual, needed) : usual, origin })).verification;
  return {
    async verify(apiKeyId, facts = {}) {
      requireOptions(facts, factsRules);
      const { scopes: needed, source, referrer } = facts;
      return check(apiKeyId, needed, { source, referer: referrer });
    },
    async verifyRequest(request, needs = {}) {
      requireOptions(needs, needsRules);
      const { scopes: needed } = needs;
      const presented = presentedKey(request, locations);
      if ('why' in presented) return { valid: false, reason: presented.why };
      return check(presented.apiKeyId, needed, new HeaderOrigin(request));
    },
  };
}

function withScopes(demands: Demands, needed: readonly string[]): Demands {
  return { ...demands, scopes: [...(demands.scopes ?? []), ...needed] };
}

function openTable({ tableName, region }: VerifierOptions): VerifyingTable {
  if (!tableName) throw missing('tableName', 'the name of the table of the service, such as "appkeys-prod"');
  const where = region || process.env.AWS_REGION;
  if (!where) throw missing('region', 'the Region of the table, such as "eu-central-1", or set AWS_REGION');
  return openVerifyingTable(tableName, where);
}

function missing(option: string, what: string): SettingsError {
  return new SettingsError(option, `is missing. Pass createVerifier ${what}.`);
}

const regionRule = { pattern: '^[a-z0-9-]{1,63}$', must: 'be the name of an AWS Region, such as "eu-central-1"' };

const rules = {
  tableName: [tableNameRule.must, (value) => value === '' || fits(value, tableNameRule)],
  region: [regionRule.must, (value) => value === '' || fits(value, regionRule)],
  partition: [partitionRule.must, (value) => fits(value, partitionRule)],
  realms: [
    `be a list of names of realms, such as ["myrealm"], or "*"; each name must ${realmRule.must}`,
    (value) => value === '*' || isListOf(value, isText(realmRule)),
  ],
  scopes: listRule(scopeRule),
  apps: listRule(appIdRule),
  prefixes: listRule(keyPrefixRule),
  cacheSeconds: [
    `be a whole number from 0 to ${maxCacheSecondsOutside}`,
    (value) => isWhole(value, 0, maxCacheSecondsOutside),
  ],
  lastUsedSeconds: [
    `be a whole number from 1 to ${maxLastUsedSeconds}, or "off"`,
    (value) => value === 'off' || isWhole(value, 1, maxLastUsedSeconds),
  ],
  locations: [
    `be a list of one or more of ${keyLocations.join(', ')}, each once`,
    (values) => isListOf(values, (value) => keyLocations.includes(value as KeyLocation)),
  ],
  onWarning: ['be a function', (value) => typeof value === 'function'],
} satisfies Record<keyof VerifierOptions, OptionRules[string]>;

function requireValid(options: VerifierOptions): void {
  requireOptions(options, rules);
  if (options.realms === undefined)
    throw missing('realms', 'the realms whose keys you accept, such as ["myrealm"], or "*" for every realm');
}
