import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';

/** A command line that cannot be carried out as it stands. */
export class UsageError extends Error {}

/** What shows nothing, or does something to a terminal: controls, formats, surrogates alone, separators of lines. */
const unseen = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** @returns the text with every character that a terminal could act on as `\u001b`, so that JSON stays what it was */
export function printable(text: string): string {
  return text.replace(unseen, (found) =>
    Array.from({ length: found.length }, (_, at) => `\\u${found.charCodeAt(at).toString(16).padStart(4, '0')}`).join(
      '',
    ),
  );
}

/** Writes one result to stdout: what a program asked for, and nothing else. */
export function print(text: string): void {
  process.stdout.write(`${printableLines(text)}\n`);
}

/** Writes for people, to stderr. */
export function tell(text: string): void {
  process.stderr.write(`${printableLines(text)}\n`);
}

/**
 * @param command that reads the key
 * @throws UsageError when nothing is there to be read
 */
export async function readKey(command: string): Promise<string> {
  const key = process.stdin.isTTY ? '' : (await text(process.stdin)).trim();
  if (key === '') throw new UsageError(`Give the key on stdin: appkeys ${command} < key.txt`);
  return key;
}

export function printJson(value: unknown): void {
  print(JSON.stringify(value, null, 2));
}

/** @returns whether the person at the terminal says yes; no answer is no */
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
