import type { Command } from 'commander';
import { addCommand, contextOf, listOption } from './context.ts';
import { formatKey } from './keys.ts';
import { print, printJson, readKey, tell } from './terminal.ts';

const summary =
  'check whether a key is valid: exit code 0, or 1 and the reason. Pass the key on stdin, or as an argument, which other users of this machine can see';

export function addVerify(program: Command): void {
  addCommand(program, 'verify [key]', summary, 'verify --scope invoices:read < key.txt')
    .addOption(listOption('--realm <realm>', 'a realm whose keys you accept'))
    .addOption(listOption('--app <id>', 'ID of an application whose keys you accept'))
    .addOption(listOption('--scope <scope>', 'a scope that the key must have'))
    .option('--source <address>', 'the IP address that the key was used from')
    .option('--referrer <url>', 'the web page that the key was used from')
    .action(verify);
}

interface VerifyOptions {
  readonly realm?: readonly string[];
  readonly app?: readonly string[];
  readonly scope?: readonly string[];
  readonly source?: string;
  readonly referrer?: string;
}

async function verify(argument: string | undefined, options: VerifyOptions, command: Command): Promise<void> {
  const { client, json } = contextOf(command);
  const { realm: realms, app: apps, scope: scopes, source, referrer } = options;
  const verification = await client.verifyApiKey({
    apiKeyId: argument ?? (await readKey('verify')),
    ...(realms && { realms }),
    ...(apps && { apps }),
    ...(scopes && { scopes }),
    ...(source !== undefined && { source }),
    ...(referrer !== undefined && { referrer }),
  });
  if (!verification.valid) process.exitCode = 1;
  if (json) return printJson(verification);
  if (verification.valid) print(formatKey(verification));
  else tell(`appkeys: The key is not valid: ${verification.reason}.`);
}
