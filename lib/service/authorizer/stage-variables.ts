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

/** The settings of an API, from the variables of its stage. */
export interface ApiSettings {
  readonly demands: Demands;
  /** Where a request can have a key. */
  readonly locations: readonly KeyLocation[];
  /** Whether the gateway can cache the authorizer's responses. */
  readonly isCached: boolean;
  /** Whether a usage plan of the gateway counts per application. */
  readonly hasUsagePlan: boolean;
}

/** Stage variables as they are in events. */
export type StageVariables = Readonly<Record<string, string | undefined>> | null | undefined;

const prefix = 'appkeys_';
const locationRule: TextRule = {
  pattern: `^(?:${keyLocations.join('|')})$`,
  must: `be one of ${keyLocations.join(', ')}`,
};
const answerRule: TextRule = { pattern: '^(?:yes|no)$', must: 'be yes or no' };

/** The rule for the elements of each variable. */
const rules = {
  realms: realmRule,
  scopes: scopeRule,
  apps: appIdRule,
  locations: locationRule,
  cached: answerRule,
  usage_plan: answerRule,
} as const satisfies Record<string, TextRule>;

/**
 * @param realms the realms that an API accepts if it names none
 * @throws SettingsError if a variable that begins with `appkeys_` is unknown or invalid
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
      `must ${rule.must}${rule === answerRule ? '' : '; separate different elements with commas'}`,
    );
  return list;
}
