import { readFileSync } from 'node:fs';
import { Command, CommanderError, Option } from 'commander';
import { AppkeysError } from '../client/client.ts';
import { addApps } from './apps.ts';
import { loginCommandFor } from './context.ts';
import { addGrants } from './grants.ts';
import { addIssuers } from './issuers.ts';
import { addKeys } from './keys.ts';
import { addLogin } from './login.ts';
import { addLogout } from './logout.ts';
import { addOpen } from './open.ts';
import { usualUrl } from './profiles.ts';
import { tell, UsageError } from './terminal.ts';
import { addVerify } from './verify.ts';
import { addWhoami } from './whoami.ts';

const about = `Manages applications and their API keys in an appkeys service. Sign in with "appkeys login", or pass an access token.

<app> is an application's HRN, its ID, or its name if you created it and no other application of yours has that name. <key> is a key's HRN, or its name if only one key of the application has that name.
Exit codes: 0 success, 1 failure, 2 invalid command line.`;

const groups = [addLogin, addLogout, addWhoami, addApps, addKeys, addGrants, addIssuers, addVerify, addOpen];

function createProgram(): Command {
  const { version } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'));
  const program = new Command('appkeys')
    .description(about)
    .version(version)
    .addOption(
      new Option('--url <url>', `URL of the service; default: the URL of the profile, or ${usualUrl}`).env(
        'APPKEYS_URL',
      ),
    )
    .addOption(new Option('--token <token>', 'access token; APPKEYS_TOKEN is safer').env('APPKEYS_TOKEN'))
    .addOption(
      new Option('--profile <name>', 'profile whose session to use; default: the profile of the last login').env(
        'APPKEYS_PROFILE',
      ),
    )
    .option('--insecure', 'allow plain http to another machine')
    .option('--json', 'print JSON, for programs')
    .configureOutput({ writeErr: (text) => tell(text.trimEnd()) })
    .exitOverride();
  for (const add of groups) add(program);
  return program.addHelpText('after', '\nExample:\n  $ KEY=$(appkeys keys create my-app --name ci)');
}

/**
 * Prints what went wrong.
 * @returns the exit code
 */
function report(error: unknown, program: Command): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  const isAnswer = error instanceof AppkeysError;
  tell(`appkeys: ${isAnswer ? explain(error, program) : error instanceof Error ? error.message : error}`);
  return error instanceof UsageError ? 2 : 1;
}

function explain(error: AppkeysError, program: Command): string {
  const {
    code,
    status,
    cause,
    action,
    details = [],
    retryAfterSeconds,
    idempotencyKey,
    correlationId,
    errorId,
  } = error;
  // The `action` of the service is about headers, which the user of a command line does not set.
  const isTokenRejected = ['401200', '401300'].includes(code);
  const isUnsure = status === undefined || status >= 500;
  const lines = [
    `${code} ${cause}`,
    ...details.map(({ source, message }) => `  ${source} ${message}`),
    isTokenRejected ? `Set APPKEYS_TOKEN, pass --token, or run "${loginCommandFor(program)}".` : action,
    ...(retryAfterSeconds === undefined ? [] : [`Retry-After: ${retryAfterSeconds} seconds`]),
    ...(isUnsure && idempotencyKey ? [`To repeat the request: --idempotency-key ${idempotencyKey}`] : []),
    `correlationId ${correlationId}${errorId ? `, errorId ${errorId}` : ''}`,
  ];
  return lines.join('\n');
}

process.stdout.on('error', ({ code, message }: NodeJS.ErrnoException) => {
  // A reader such as `head` can close the pipe early.
  if (code === 'EPIPE') process.exit();
  tell(`appkeys: The command succeeded, but its result cannot be written: ${message}`);
  process.exit(1);
});
process.stderr.on('error', () => {});

const program = createProgram();
try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = report(error, program);
}
