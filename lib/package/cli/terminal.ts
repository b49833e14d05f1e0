import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';

/** The command line is invalid. */
export class UsageError extends Error {}

/**
 * Characters that are invisible or control a terminal: control and format characters, lone surrogates, line separators.
 */
const unseen = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** @returns the text with such characters as escapes like `\u001b`, so that JSON keeps its meaning */
export function printable(text: string): string {
  return text.replace(unseen, (found) =>
    Array.from({ length: found.length }, (_, at) => `\\u${found.charCodeAt(at).toString(16).padStart(4, '0')}`).join(
      '',
    ),
  );
}

/** Writes a result to stdout, where nothing else is written. */
export function print(text: string): void {
  process.stdout.write(`${printableLines(text)}\n`);
}

/** Writes a message for the user to stderr. */
export function tell(text: string): void {
  process.stderr.write(`${printableLines(text)}\n`);
}

/**
 * @param command the command that reads the key
 * @throws UsageError when stdin is a terminal or empty
 */
export async function readKey(command: string): Promise<string> {
  const key = process.stdin.isTTY ? '' : (await text(process.stdin)).trim();
  if (key === '') throw new UsageError(`Pass the key on stdin: appkeys ${command} < key.txt`);
  return key;
}

export function printJson(value: unknown): void {
  print(JSON.stringify(value, null, 2));
}

/** @returns whether the user says yes; no answer means no */
export async function confirm(question: string): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await new Promise<string>((resolve) => {
    terminal.question(`${printable(question)} [y/N] `, resolve);
    terminal.once('close', () => resolve(''));
  });
  terminal.close();
  return /^y(es)?$/i.test(answer.trim());
}

function printableLines(text: string): string {
  return text.split('\n').map(printable).join('\n');
}
