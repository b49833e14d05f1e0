import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { version } from '../base/version.ts';
import type { SweepRules } from '../domain/due.ts';
import type { Lifetime } from '../domain/lifetime.ts';
import type { NoticeRules } from '../domain/notices.ts';
import type { RateLimit } from '../store/rate-limit.ts';
import { SettingsError } from '../verification/settings-rules.ts';
import type { VerifierSettings } from '../verification/verifier.ts';

/** Where a token has something: names of claims, or JSON Pointers into them; the first that is present counts. */
export type ClaimPaths = readonly string[];

/** Which claims of a token hold what. */
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

/** A token issuer that this service trusts. Either `realm` or `realms` is there. */
export interface TokenIssuer {
  readonly issuer: string;
  /** where its keys are: https, or http on loopback */
  readonly jwksUri: string;
  readonly algorithms: readonly string[];
  /** of which a token must name one */
  readonly audience: readonly string[];
  /** counts where a token has no `aud` */
  readonly audienceClaim?: string;
  /** the realm of all its tokens */
  readonly realm?: string;
  /** the realms that its tokens may name; one that ends in `*` stands for all that begin so */
  readonly realms?: readonly string[];
  /** stands before the principal of each of its tokens */
  readonly principalPrefix?: string;
  /** the `typ` that its tokens must have, such as `at+jwt` */
  readonly tokenType?: string;
  /** claims that its tokens must have */
  readonly require?: ClaimValues;
  /** whether its ID tokens are accepted */
  readonly idToken?: boolean;
  readonly claims: Claims;
  /** is taken off each permission; a permission without it does not count */
  readonly permissionsPrefix?: string;
  readonly rules?: readonly TrustRule[];
}

/** How the console, the reference page and the command line sign a user in. */
export interface SignInSettings {
  /** the identity provider, which is one of the issuers */
  readonly issuer: string;
  /** a public client; of the command line too, unless it has one of its own */
  readonly clientId: string;
  readonly commandLineClientId?: string;
  readonly scope: string;
  /** what the authorization request has besides */
  readonly parameters?: Readonly<Record<string, string>>;
  readonly endpoints: {
    readonly authorization: string;
    readonly token: string;
    readonly endSession?: string;
    readonly deviceAuthorization?: string;
  };
}

/** What the templates of a stage are made with. No function reads it. */
export interface DeploymentSettings {
  /** the SNS topic that every alarm notifies */
  readonly alarmTopicArn?: string;
  /** whether a new version of the authorizer and the verify functions gets a tenth of the requests first */
  readonly canary: boolean;
  readonly dashboard: boolean;
  /** whether CloudWatch counts verifications of each application */
  readonly contributorInsights: boolean;
  readonly memorySize: number;
  /** of functions, by their names in serverless.yml */
  readonly reservedConcurrency: Readonly<Record<string, number>>;
  readonly pages: { readonly enabled: boolean; readonly rateLimit: number; readonly burstLimit: number };
  readonly logs: { readonly retentionDays: number; readonly kmsKeyArn?: string };
  /** `streamArn`: of a table that was restored; without it, that of the data stack's own table */
  readonly table: { readonly kmsKeyArn?: string; readonly streamArn?: string };
  /** whether the stack sets the role that API Gateway writes the logs of the whole account with */
  readonly accountLogRole: boolean;
  readonly webAclArn?: string;
  /** the other accounts whose APIs may ask the authorizer */
  readonly authorizerAccounts: readonly string[];
  readonly permissionsBoundaryArn?: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly deploymentBucket?: string;
  /** a file with resources and overrides, from the folder of the project */
  readonly extraResources?: string;
}

/** The group `console`: a sign-in, if it has an issuer. */
export interface ConsoleSettings extends Partial<SignInSettings> {
  /** a URL of the team's API, for the examples that the console shows with a new key */
  readonly exampleUrl?: string;
}

/** The settings of a stage, complete: its file in `infra/settings/`, with the defaults of what that leaves out. */
export interface StageSettings {
  readonly partition: string;
  /** requests a second and burst, such as `10,20`, or `off` */
  readonly rateLimit: string;
  /** an EventBridge bus; without it, changes become no events */
  readonly eventBus?: string;
  readonly keys: Lifetime & {
    readonly prefix: string;
    readonly prefixesAccepted: readonly string[];
    readonly maxPerApp: number;
    /** what is different in some realms, by their names */
    readonly realms?: Readonly<Record<string, Lifetime>>;
  };
  readonly verify: {
    readonly cacheSeconds: number;
    readonly lastUsedSeconds: number | 'off';
    /** no verifier accepts for longer what it or a gateway before it has cached */
    readonly maxStaleSeconds: number;
  };
  /** revoking an API key without a token; the limits are those of the gateway, for all callers together, a second */
  readonly revoke: { readonly enabled: boolean; readonly rateLimit: number; readonly burstLimit: number };
  readonly notices: {
    readonly idleDays: number | 'off';
    readonly rotateDays?: number;
    /** ARN of an SNS topic that the notices are forwarded to */
    readonly topic?: string;
  };
  readonly authorizer: {
    /** whose keys an API accepts that names no realms; `*`: those of every realm */
    readonly defaultRealms: readonly string[] | '*';
  };
  /** for all callers of the API together, a second */
  readonly gateway: { readonly rateLimit: number; readonly burstLimit: number };
  /** without it, the pages and the command line ask for a token */
  readonly console?: ConsoleSettings;
  /** known keys of an issuer serve so long after they were fetched, if no others can be had */
  readonly issuerKeys: { readonly maxStaleSeconds: number };
  readonly issuers: readonly TokenIssuer[];
  readonly deployment: DeploymentSettings;
}

type NoticeSettings = Pick<StageSettings, 'keys' | 'notices' | 'verify' | 'eventBus'>;

/** `settings.json`, which packaging puts into the zip of each function. */
export interface Settings extends Omit<StageSettings, 'deployment'> {
  /** of the service that it was written for */
  readonly version: string;
  readonly tableName: string;
  /** the KMS key, or an alias of it, that Idempotency-Key needs */
  readonly serviceKeyId: string;
  readonly metricsNamespace: string;
}

/** Environment variables, of which Lambda sets those that are read here. */
export type Environment = Readonly<Record<string, string | undefined>>;

export function tableNameOf(stage: string): string {
  return `appkeys-${stage}`;
}

/** @returns what the functions of a stage have in their `settings.json` */
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
 * @throws SettingsError when it is missing, broken, or written for another version of the service
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

/** @returns when keys of a realm are announced, to whoever asks */
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

/** @returns undefined when the limit is off */
export function rateLimitOf({ rateLimit }: Pick<Settings, 'rateLimit'>): RateLimit | undefined {
  if (rateLimit === 'off') return undefined;
  const [requestsPerSecond = 0, burst = 0] = rateLimit.split(',').map(Number);
  return { requestsPerSecond, burst };
}
