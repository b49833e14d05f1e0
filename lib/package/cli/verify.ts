import { text } from 'node:stream/consumers';
import type { Command } from 'commander';
import { addCommand, contextOf } from './context.ts';
import { formatKey } from './keys.ts';
import { print, printJson, tell, UsageError } from './terminal.ts';

const summary =
  'say whether a key is valid: exit code 0, or 1 and why not. The key comes on stdin, or as an argument, which others on this machine can see';

export function addVerify(program: Command): void {
  addCommand(program, 'verify [key]', summary, 'verify < key.txt').action(verify);
}

async function verify(argument: string | undefined, _: object, command: Command): Promise<void> {
  const { client, json } = contextOf(command);
  const verification = await client.verifyApiKey({ apiKeyId: argument ?? (await readKey()) });
  if (!verification.valid) process.exitCode = 1;
  if (json) return printJson(verification);
  if (verification.valid) print(formatKey(verification));
  else tell(`appkeys: The key is not valid: ${verification.reason}.`);
}

async function readKey(): Promise<string> {
  if (process.stdin.isTTY) throw new UsageError('Give the key on stdin: appkeys verify < key.txt');
  return (await text(process.stdin)).trim();
}
