/** A setting or an option is missing or wrong. The message names it, and says what it must be. */
export class SettingsError extends Error {
  constructor(setting: string, rule: string, options?: ErrorOptions) {
    super(`${setting} ${rule}`, options);
    this.name = 'SettingsError';
  }
}

/** A rule for a text, as part of a JSON Schema. `must` describes the rule in words. */
export interface TextRule {
  readonly pattern: string;
  readonly must: string;
}

export const partitionRule: TextRule = {
  pattern: '^[a-z0-9-]{1,32}$',
  must: 'be 1 to 32 lower-case letters, digits or "-"',
};

export const keyPrefixRule: TextRule = {
  pattern: '^(?=.{1,32}$)[A-Za-z0-9]+(_[A-Za-z0-9]+)*$',
  must: 'be letters and digits, or such words joined by "_", 32 characters at most',
};

export const tableNameRule: TextRule = {
  pattern: '^[A-Za-z0-9_.-]{3,255}$',
  must: 'be the name of a DynamoDB table',
};

export const realmRule: TextRule = {
  pattern: '^[A-Za-z0-9_-]{1,64}$',
  must: 'be 1 to 64 letters, digits, "_" or "-"',
};

export const appIdRule: TextRule = {
  pattern: '^[A-Za-z0-9]{1,64}$',
  must: 'be 1 to 64 letters or digits',
};

export const scopeRule: TextRule = {
  pattern: '^[a-z0-9][a-z0-9._:-]{0,63}$',
  must: 'be 1 to 64 lower-case letters, digits or . _ : -, of which the first is a letter or a digit',
};

export const maxCacheSeconds = 9_999;
/**
 * For a verifier outside the service, which does not know the stage's settings. `verify.maxStaleSeconds` is never less.
 */
export const maxCacheSecondsOutside = 60;
export const maxLastUsedSeconds = 99_999_999;

export function fits(value: unknown, { pattern }: TextRule): boolean {
  return typeof value === 'string' && new RegExp(pattern).test(value);
}

/** Whether `values` is a list of at least one element, without duplicates, whose elements all pass `isRight`. */
export function isListOf(values: unknown, isRight: (value: unknown) => boolean): boolean {
  return Array.isArray(values) && values.length > 0 && new Set(values).size === values.length && values.every(isRight);
}

export function isWhole(value: unknown, min: number, max: number): boolean {
  return Number.isInteger(value) && Number(value) >= min && Number(value) <= max;
}
