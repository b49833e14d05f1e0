import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { version } from '../base/version.ts';
import type { SweepRules } from '../domain/due.ts';
import type { Lifetime } from '../domain/lifetime.ts';
import type { NoticeRules } from '../domain/notices.ts';
import type { RateLimit } from '../store/rate-limit.ts';
import { SettingsError } from '../verification/settings-rules.ts';
import type { VerifierSettings } from '../verification/verifier.ts';

/** Where a token has something: names of claims, or JSON Pointers into them. The first one that is present counts. */
export type ClaimPaths = readonly string[];

/** The claims of a token and their content. */
export interface Claims {
  readonly principal: ClaimPaths;
  readonly realm: ClaimPaths;
  readonly scope: ClaimPaths;
  readonly permissions: ClaimPaths;
}

/** Values of claims, by the name of the claim or a JSON Pointer. */
export type ClaimValues = Readonly<Record<string, string | number | boolean>>;

/** Gives permissions to the tokens of an issuer whose claims have all of these values. */
export interface TrustRule {
  readonly when: ClaimValues;
  readonly allow: readonly string[];
}

/** A token issuer that this service trusts. It has either `realm` or `realms`. */
export interface TokenIssuer {
  readonly issuer: string;
  /** The URL of its keys: https, or http on loopback. */
  readonly jwksUri: string;
  readonly algorithms: readonly string[];
  /** A token must name one of these. */
  readonly audience: readonly string[];
  /** Counts if a token has no `aud`. */
  readonly audienceClaim?: string;
  /** The realm of all its tokens. */
  readonly realm?: string;
  /** The realms that its tokens can name. One that ends in `*` covers all that begin with it. */
  readonly realms?: readonly string[];
  /** Is put in front of the principal of each of its tokens. */
  readonly principalPrefix?: string;
  /** The `typ` that its tokens must have, such as `at+jwt`. */
  readonly tokenType?: string;
  /** Claims that its tokens must have. */
  readonly require?: ClaimValues;
  /** Whether its ID tokens are accepted. */
  readonly idToken?: boolean;
  readonly claims: Claims;
  /** Is removed from the front of each permission. A permission without it does not count. */
  readonly permissionsPrefix?: string;
  readonly rules?: readonly TrustRule[];
}

/** How the console, the reference page and the command line sign a user in. */
export interface SignInSettings {
  /** The identity provider, which is one of the issuers. */
  readonly issuer: string;
  /** A public client. The command line uses it too, unless it has its own. */
  readonly clientId: string;
  readonly commandLineClientId?: string;
  readonly scope: string;
  /** Further parameters of the authorization request. */
  readonly parameters?: Readonly<Record<string, string>>;
  readonly endpoints: {
    readonly authorization: string;
    readonly token: string;
    readonly endSession?: string;
    readonly deviceAuthorization?: string;
  };
}

/** The settings from which a stage's templates are made. No function reads them. */
export interface DeploymentSettings {
  /** The SNS topic that every alarm notifies. */
  readonly alarmTopicArn?: string;
  /** Whether a new version of the authorizer and the verify functions gets a tenth of the requests first. */
  readonly canary: boolean;
  readonly dashboard: boolean;
  /** Whether CloudWatch counts the verifications of each application. */
  readonly contributorInsights: boolean;
  readonly memorySize: number;
  /** Concurrency of functions, by their names in serverless.yml. */
  readonly reservedConcurrency: Readonly<Record<string, number>>;
  readonly pages: { readonly enabled: boolean; readonly rateLimit: number; readonly burstLimit: number };
  readonly logs: { readonly retentionDays: number; readonly kmsKeyArn?: string };
  /** `streamArn`: the stream of a restored table; without it, that of the data stack's own table. */
  readonly table: { readonly kmsKeyArn?: string; readonly streamArn?: string };
  /** Whether the stack sets the role with which API Gateway writes the logs of the whole account. */
  readonly accountLogRole: boolean;
  readonly webAclArn?: string;
  /** The other accounts whose APIs can invoke the authorizer. */
  readonly authorizerAccounts: readonly string[];
  readonly permissionsBoundaryArn?: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly deploymentBucket?: string;
  /** A file with resources and overrides, relative to the project's folder. */
  readonly extraResources?: string;
}

/** The group `console`: a sign-in, if it has an issuer. */
export interface ConsoleSettings extends Partial<SignInSettings> {
  /** A URL of the team's API, for the examples that the console shows with a new key. */
  readonly exampleUrl?: string;
}

/** The complete settings of a stage: its file in `infra/settings/`, with the defaults of what the file leaves out. */
export interface StageSettings {
  readonly partition: string;
  /** Requests a second and burst, such as `10,20`, or `off`. */
  readonly rateLimit: string;
  /** An EventBridge bus. Without it, changes become no events. */
  readonly eventBus?: string;
  readonly keys: Lifetime & {
    readonly prefix: string;
    readonly prefixesAccepted: readonly string[];
    readonly maxPerApp: number;
    /** What is different in some realms, by name. */
    readonly realms?: Readonly<Record<string, Lifetime>>;
  };
  readonly verify: {
    readonly cacheSeconds: number;
    readonly lastUsedSeconds: number | 'off';
    /** No verifier accepts a result for longer that it or a gateway before it has cached. */
    readonly maxStaleSeconds: number;
  };
  /** Revoking an API key without a token. The limits are those of the gateway, for all callers together, per second. */
  readonly revoke: { readonly enabled: boolean; readonly rateLimit: number; readonly burstLimit: number };
  readonly notices: {
    readonly idleDays: number | 'off';
    readonly rotateDays?: number;
    /** ARN of an SNS topic that the notices are forwarded to. */
    readonly topic?: string;
  };
  readonly authorizer: {
    /** The realms whose keys an API accepts if it names none; `*`: every realm. */
    readonly defaultRealms: readonly string[] | '*';
  };
  /** For all callers of the API together, per second. */
  readonly gateway: { readonly rateLimit: number; readonly burstLimit: number };
  /** Without it, the pages and the command line ask for a token. */
  readonly console?: ConsoleSettings;
  /** How long known keys of an issuer are used after their fetch, if no others are available. */
  readonly issuerKeys: { readonly maxStaleSeconds: number };
  readonly issuers: readonly TokenIssuer[];
  readonly deployment: DeploymentSettings;
}

type NoticeSettings = Pick<StageSettings, 'keys' | 'notices' | 'verify' | 'eventBus'>;

/** `settings.json`, which packaging puts into the zip of each function. */
export interface Settings extends Omit<StageSettings, 'deployment'> {
  /** Version of the service for which it was written. */
  readonly version: string;
  readonly tableName: string;
  /** The KMS key, or an alias of it, that Idempotency-Key needs. */
  readonly serviceKeyId: string;
  readonly metricsNamespace: string;
}

/** Environment variables. Lambda sets those that are read here. */
export type Environment = Readonly<Record<string, string | undefined>>;

export function tableNameOf(stage: string): string {
  return `appkeys-${stage}`;
}

/** @returns the content of `settings.json` of a stage's functions */
export function settingsOf(stage: string, { deployment: _, ...settings }: StageSettings): Settings {
  return {
    version,
    tableName: tableNameOf(stage),
    serviceKeyId: `alias/appkeys-${stage}`,
    metricsNamespace: `appkeys-${stage}`,
    ...settings,
  };
}

/**
 * Reads `settings.json` in the folder of the function's code. Packaging has checked and completed it.
 * @throws SettingsError if it is missing, broken, or written for another version of the service
 */
export function readSettings(env: Environment): Settings {
  const file = join(env.LAMBDA_TASK_ROOT || '.', 'settings.json');
  const settings = parse(file);
  if (settings?.version === version) return settings;
  throw new SettingsError('settings.json', `is not of version ${version} of the service. Package the stage again.`);
}

function parse(file: string): Settings | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw new SettingsError('settings.json', 'cannot be read. Package the stage again.', { cause });
  }
}

export function verifierSettings({ partition, keys, verify }: Settings): VerifierSettings {
  return {
    partition,
    prefixes: [keys.prefix, ...keys.prefixesAccepted],
    cacheSeconds: verify.cacheSeconds,
    lastUsedSeconds: verify.lastUsedSeconds === 'off' ? undefined : verify.lastUsedSeconds,
  };
}

/** @returns how long the keys of a realm live */
export function lifetimeOf({ keys }: Pick<StageSettings, 'keys'>, realm: string): Lifetime {
  const { realms = {}, defaultDays, maxDays } = keys;
  return { defaultDays, maxDays, ...(Object.hasOwn(realms, realm) && realms[realm]) };
}

/** @returns when notices about keys of a realm are due */
export function noticeRulesOf({ keys, notices, verify }: NoticeSettings, realm: string): NoticeRules {
  const { idleDays, rotateDays } = notices;
  const { maxDays } = lifetimeOf({ keys }, realm);
  return {
    idleDays: idleDays === 'off' || verify.lastUsedSeconds === 'off' ? undefined : idleDays,
    rotateDays,
    maxDays,
  };
}

/** @returns what the sweep looks for in an application of a realm */
export function sweepRulesOf(settings: NoticeSettings, realm: string): SweepRules {
  const notices = settings.eventBus === undefined ? undefined : noticeRulesOf(settings, realm);
  return { notices, hasUses: settings.verify.lastUsedSeconds !== 'off' };
}

/** @returns undefined if the limit is off */
export function rateLimitOf({ rateLimit }: Pick<Settings, 'rateLimit'>): RateLimit | undefined {
  if (rateLimit === 'off') return undefined;
  const [requestsPerSecond = 0, burst = 0] = rateLimit.split(',').map(Number);
  return { requestsPerSecond, burst };
}
