import type { Demands } from '../../domain/restrictions.ts';
import { type KeyLocation, keyLocations } from '../../verification/key-locations.ts';
import {
  appIdRule,
  fits,
  isListOf,
  realmRule,
  SettingsError,
  scopeRule,
  type TextRule,
} from '../../verification/settings-rules.ts';

/** What an API says of itself, in the variables of its stage. */
export interface ApiSettings {
  readonly demands: Demands;
  /** where a request may hold a key */
  readonly locations: readonly KeyLocation[];
  /** whether the gateway may remember the authorizer's answers */
  readonly isCached: boolean;
  /** whether a usage plan of the gateway counts per application */
  readonly hasUsagePlan: boolean;
}

/** As events have them. */
export type StageVariables = Readonly<Record<string, string | undefined>> | null | undefined;

const prefix = 'appkeys_';
const locationRule: TextRule = {
  pattern: `^(?:${keyLocations.join('|')})$`,
  must: `be one of ${keyLocations.join(', ')}`,
};
const answerRule: TextRule = { pattern: '^(?:yes|no)$', must: 'be yes or no' };

/** Each with what its elements must be. */
const rules = {
  realms: realmRule,
  scopes: scopeRule,
  apps: appIdRule,
  locations: locationRule,
  cached: answerRule,
  usage_plan: answerRule,
} as const satisfies Record<string, TextRule>;

/**
 * @param realms what an API accepts that names none
 * @throws SettingsError when a variable that begins with `appkeys_` is unknown, or cannot be read
 */
export function apiSettingsOf(variables: StageVariables, realms: readonly string[] | undefined): ApiSettings {
  const own = Object.entries(variables ?? {}).filter(([name]) => name.startsWith(prefix));
  const lists = new Map(own.map(([name, text]) => [name.slice(prefix.length), parse(name, text ?? '')]));
  return {
    demands: { realms: lists.get('realms') ?? realms, scopes: lists.get('scopes'), apps: lists.get('apps') },
    locations: (lists.get('locations') as KeyLocation[] | undefined) ?? keyLocations,
    isCached: lists.get('cached')?.[0] !== 'no',
    hasUsagePlan: lists.get('usage_plan')?.[0] === 'yes',
  };
}

function parse(name: string, text: string): string[] {
  const key = name.slice(prefix.length);
  const rule = Object.hasOwn(rules, key) ? rules[key as keyof typeof rules] : undefined;
  const variable = `the stage variable ${name}`;
  if (!rule)
    throw new SettingsError(
      variable,
      `is not known; known are: ${Object.keys(rules)
        .map((one) => prefix + one)
        .join(', ')}`,
    );
  const list = text.split(',').map((element) => element.trim());
  const isRight = isListOf(list, (element) => fits(element, rule)) && (rule !== answerRule || list.length === 1);
  if (!isRight)
    throw new SettingsError(
      variable,
      `must ${rule.must}${rule === answerRule ? '' : '; a comma stands between two, which differ'}`,
    );
  return list;
}
