/** A setting or an option is missing or wrong; the message names it and says what it must be. */
export class SettingsError extends Error {
  constructor(setting: string, rule: string, options?: ErrorOptions) {
    super(`${setting} ${rule}`, options);
    this.name = 'SettingsError';
  }
}

/** A rule for a text, as a part of a JSON Schema; `must` says it in words. */
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

export const maxCacheSeconds = 9_999;
export const maxLastUsedSeconds = 99_999_999;

export function fits(value: unknown, { pattern }: TextRule): boolean {
  return typeof value === 'string' && new RegExp(pattern).test(value);
}

export function isWhole(value: unknown, min: number, max: number): boolean {
  return Number.isInteger(value) && Number(value) >= min && Number(value) <= max;
}
