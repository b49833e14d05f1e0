import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { UsageError as LocalUsageError, parseWhole } from '../../infra/local/command-line.ts';
import { defaultValiditySeconds, openSigningKey, signToken } from '../../infra/local/issuer.ts';
import { requireTokenRequest } from '../../infra/local/token-request.ts';
import { addCommand, type Globals } from './context.ts';
import { print, UsageError } from './terminal.ts';

interface TokenOptions extends Globals {
  readonly principal: string;
  readonly realm: string;
  readonly permission: string[];
  readonly expiresIn: string;
}

export function addToken(program: Command): void {
  const rights = '--permission account:createApp';
  addCommand(program, 'token', 'print a token that the local service accepts', `token ${rights}`)
    .option('--principal <name>', 'who calls', 'demo')
    .option('--realm <realm>', 'its realm', 'myrealm')
    .option(
      '--permission <permission>',
      'repeatable: account:createApp, account:verify, account:write:HRN …',
      collect,
      [],
    )
    .option('--expires-in <seconds>', 'how long it is accepted', String(defaultValiditySeconds))
    .action(token);
}

/** The local issuer is a key in the folder of the local service: whoever can read that may call as anybody, there. */
async function token(_: object, command: Command): Promise<void> {
  const options = command.optsWithGlobals<TokenOptions>();
  requireLoopback(options.url);
  const folder = process.env.APPKEYS_LOCAL_DIR || '.local';
  if (!existsSync(join(folder, 'issuer-key.json')))
    throw new Error(
      `The local service has no folder ${folder} here: go where "npm start" runs, or set APPKEYS_LOCAL_DIR.`,
    );
  print(await signToken(await openSigningKey(folder), requestOf(options)));
}

function requestOf({ principal, realm, permission: permissions, expiresIn }: TokenOptions) {
  try {
    const expiresInSeconds = parseWhole('--expires-in', expiresIn, 1, 1_000_000_000);
    return requireTokenRequest({ principal, realm, permissions, expiresInSeconds });
  } catch (error) {
    throw error instanceof LocalUsageError ? new UsageError(error.message) : error;
  }
}

function requireLoopback(url: string): void {
  const hostname = URL.canParse(url) ? new URL(url).hostname : '';
  if (!/^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname))
    throw new UsageError('Only the local service takes such tokens: for another one, get a token of its issuer.');
}

function collect(value: string, values: string[]): string[] {
  return [...values, value];
}
