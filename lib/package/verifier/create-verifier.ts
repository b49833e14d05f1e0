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

/** Defaults are those of the service, whose own settings these must match. */
export interface VerifierOptions {
  /** whose keys are accepted: names of realms, or `*` for every realm */
  readonly realms: readonly string[] | '*';
  /** scopes that a key must have, all of them: default none */
  readonly scopes?: readonly string[];
  /** IDs of the applications whose keys are accepted: default all */
  readonly apps?: readonly string[];
  /** the service's table, such as `appkeys-prod`; credentials come from the AWS SDK's environment */
  readonly tableName: string | undefined;
  /** the table's Region, such as `eu-central-1`: default AWS_REGION */
  readonly region?: string | undefined;
  /** as the setting `partition`: default `here` */
  readonly partition?: string;
  /** as the setting `keys.prefix`, then `keys.prefixesAccepted`: default `['ak']` */
  readonly prefixes?: readonly string[];
  /** 0 to 60: default 10. A key that was disabled is refused so many seconds later at the latest. */
  readonly cacheSeconds?: number;
  /** default 3600; `off` needs no right to write */
  readonly lastUsedSeconds?: number | 'off';
  /** where a request may hold a key, in order: default `query`, `x-api-key`, `authorization` */
  readonly locations?: readonly KeyLocation[];
  /** is told why a key's use could not be written down */
  readonly onWarning?: (why: unknown) => void;
}

/** What one request needs. */
export interface Needs {
  /** scopes that the key must have besides those of the verifier */
  readonly scopes?: readonly string[];
}

/** What one request needs, and where it comes from; a key that is restricted to something else is not valid. */
export interface RequestFacts extends Needs {
  /** IP address of the client, as your gateway or framework knows it */
  readonly source?: string | undefined;
  /** value of the header `Origin`, or `Referer` where there is none */
  readonly referrer?: string | undefined;
}

/** Verifies API keys in this process; keep one for as long as the process lives, since it holds the cache. */
export interface KeyVerifier {
  /**
   * @param apiKeyId what somebody presents as a key
   * @throws ApiError 503000 when the database cannot be asked: let nobody in
   */
  verify(apiKeyId: string, facts?: RequestFacts): Promise<Verification>;
  /**
   * Finds the key of a request and verifies it. `missing`: there is none in any allowed location. `ambiguous`: the
   * locations hold different things. `misplaced`: there is a key where none is allowed.
   * @throws ApiError 503000 when the database cannot be asked: let nobody in
   */
  verifyRequest(request: RequestParts, needs?: Needs): Promise<RequestVerification>;
}

export type RequestVerification =
  | Verification
  | { readonly valid: false; readonly reason: 'missing' | 'ambiguous' | 'misplaced' };

/**
 * The service's own check for any Lambda function or server that may read its table (`dynamodb:GetItem`, and
 * `dynamodb:UpdateItem` for when a key was used last).
 * @throws SettingsError at once, when the realms, the table or the Region are missing, or an option is wrong
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
