import { type ParseArgsConfig, parseArgs } from 'node:util';

/** The command line is invalid. The message says why in one line. */
export class UsageError extends Error {}

/**
 * @returns the values of the flags in `args`
 * @throws UsageError for a flag or argument that `options` does not list
 */
export function parseFlags<T extends NonNullable<ParseArgsConfig['options']>>(args: string[], options: T) {
  try {
    return parseArgs({ args, options, strict: true, allowPositionals: false }).values;
  } catch (error) {
    throw new UsageError(firstSentence(messageOf(error)));
  }
}

/**
 * @returns a whole number between `min` and `max`, written in digits only
 * @throws UsageError for anything else
 */
export function parseWhole(flag: string, text: string, min: number, max: number): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value >= min && value <= max) return value;
  throw new UsageError(`${flag} must be a whole number from ${min} to ${max}.`);
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function firstSentence(text: string): string {
  return `${text.split(/\.\s|\n/)[0]}`.replace(/\.?$/, '.');
}
