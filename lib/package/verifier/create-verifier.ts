import type { InvalidKey, ValidKey, Verification } from '../../domain/verification.ts';
import { openVerifyingTable, type VerifyingTable } from '../../store/verifying-table.ts';
import { type Place, presentedKey, type RequestParts } from '../../verification/places.ts';
import {
  ConfigError,
  type Environment,
  readPlaces,
  readTableName,
  readVerifierSettings,
} from '../../verification/settings.ts';
import { systemClock, Verifier } from '../../verification/verifier.ts';

export type { InvalidKey, Place, RequestParts, ValidKey, Verification };

/** Defaults are those of the service, whose own settings these must match. */
export interface VerifierOptions {
  /** the service's table, such as `appkeys-prod`; credentials come from the AWS SDK's environment */
  readonly tableName: string | undefined;
  /** the table's Region, such as `eu-central-1`: default AWS_REGION */
  readonly region?: string | undefined;
  /** as HRN_PARTITION: default `here` */
  readonly partition?: string;
  /** as API_KEY_PREFIX, then API_KEY_PREFIXES_ACCEPTED: default `['ak']` */
  readonly prefixes?: readonly string[];
  /** 0 to 9999: default 10. A key that was disabled is refused so many seconds later at the latest. */
  readonly cacheSeconds?: number;
  /** default 3600; `off` needs no right to write */
  readonly lastUsedSeconds?: number | 'off';
  /** where a request may hold a key, in order: default `query`, `x-api-key`, `authorization` */
  readonly places?: readonly Place[];
  /** is told why a key's use could not be written down */
  readonly onWarning?: (why: unknown) => void;
}

/** Verifies API keys in this process; keep one for as long as the process lives, since it holds the cache. */
export interface KeyVerifier {
  /**
   * @param apiKeyId what somebody presents as a key
   * @throws ApiError 503000 when the database cannot be asked: let nobody in
   */
  verify(apiKeyId: string): Promise<Verification>;
  /**
   * Finds the key of a request and verifies it. `missing`: there is none in any allowed place. `ambiguous`: the
   * places hold different things. `misplaced`: there is a key where none is allowed.
   * @throws ApiError 503000 when the database cannot be asked: let nobody in
   */
  verifyRequest(request: RequestParts): Promise<RequestVerification>;
}

export type RequestVerification =
  | Verification
  | { readonly valid: false; readonly reason: 'missing' | 'ambiguous' | 'misplaced' };

/**
 * The service's own check for any Lambda function or server that may read its table (`dynamodb:GetItem`, and
 * `dynamodb:UpdateItem` for when a key was used last).
 * @throws ConfigError at once, when the table or the Region is missing, or an option is wrong
 */
export function createVerifier(options: VerifierOptions): KeyVerifier {
  const env = environmentOf(options);
  const table = openTable(options, env);
  const verifier = new Verifier(table, readVerifierSettings(env), systemClock, options.onWarning);
  const places = readPlaces(env);
  const verify = async (apiKeyId: string) => (await verifier.check(apiKeyId)).verification;
  return {
    verify,
    async verifyRequest(request) {
      const presented = presentedKey(request, places);
      return 'why' in presented ? { valid: false, reason: presented.why } : verify(presented.apiKeyId);
    },
  };
}

function openTable({ tableName, region }: VerifierOptions, env: Environment): VerifyingTable {
  if (!tableName) throw missing('tableName', 'the name of the table of the service, such as "appkeys-prod"');
  const where = region || process.env.AWS_REGION;
  if (!where) throw missing('region', 'the Region of the table, such as "eu-central-1", or set AWS_REGION');
  return openVerifyingTable(readTableName(env), where);
}

function missing(option: string, what: string): ConfigError {
  return new ConfigError(option, `is missing. Pass createVerifier ${what}.`);
}

/** The options are read by the rules of the settings that they stand for. */
function environmentOf({
  tableName,
  partition,
  prefixes,
  cacheSeconds,
  lastUsedSeconds,
  places,
}: VerifierOptions): Environment {
  const [prefix, ...accepted] = prefixes ?? [];
  return {
    TABLE_NAME: tableName,
    HRN_PARTITION: partition,
    API_KEY_PREFIX: prefix,
    API_KEY_PREFIXES_ACCEPTED: accepted.join(','),
    VERIFY_CACHE_SECONDS: cacheSeconds?.toString(),
    LAST_USED_SECONDS: lastUsedSeconds?.toString(),
    API_KEY_PLACES: places?.join(','),
  };
}
