import { fits, isListOf, SettingsError, scopeRule, type TextRule } from '../../verification/settings-rules.ts';

/** The rule for each option, in words and as a check. */
export type OptionRules = Readonly<Record<string, readonly [must: string, isRight: (value: unknown) => boolean]>>;

/** @returns the rule for a list of texts without duplicates */
export function listRule(rule: TextRule): OptionRules[string] {
  return [`be a list of texts without duplicates; each must ${rule.must}`, (values) => isListOf(values, isText(rule))];
}

export function isText(rule: TextRule): (value: unknown) => boolean {
  return (value) => fits(value, rule);
}

const isFunction = (value: unknown) => typeof value === 'function';
const isString = (value: unknown) => typeof value === 'string';

/** The scopes that one request or route needs. The list can be empty. */
const scopes: OptionRules[string] = [
  listRule(scopeRule)[0],
  (values) => (Array.isArray(values) && values.length === 0) || listRule(scopeRule)[1](values),
];

export const needsRules: OptionRules = { scopes };
export const factsRules: OptionRules = { scopes, source: ['be a text', isString], referrer: ['be a text', isString] };
export const guardRules: OptionRules = { scopes, log: ['be a function', isFunction] };
export const fetchGuardRules: OptionRules = { ...guardRules, source: ['be a function', isFunction] };

/**
 * Rejects unknown options, because a misspelled restriction would accept more keys.
 * @throws SettingsError for an option that is unknown or invalid
 */
export function requireOptions(options: unknown, rules: OptionRules): void {
  if (typeof options !== 'object' || options === null) throw new SettingsError('The options', 'must be an object.');
  for (const [name, value] of Object.entries(options)) {
    const rule = Object.hasOwn(rules, name) ? rules[name] : undefined;
    if (!rule)
      throw new SettingsError(name, `is not an option here. The options are: ${Object.keys(rules).join(', ')}.`);
    const [must, isRight] = rule;
    if (value !== undefined && !isRight(value)) throw new SettingsError(name, `must ${must}`);
  }
}
