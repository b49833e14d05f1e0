import { messageOf, parseFlags, parseWhole, UsageError } from './command-line.ts';
import { openLocalFolder } from './folders.ts';
import { defaultValiditySeconds, localRealms, openSigningKey, signToken, type TokenRequest } from './issuer.ts';

const usage =
  'usage: npm run --silent token -- --principal P --realm R [--permission X]... [--scope S] [--expires-in SECONDS]';

function readRequest(args: string[]): TokenRequest {
  const flags = parseFlags(args, {
    principal: { type: 'string' },
    realm: { type: 'string' },
    permission: { type: 'string', multiple: true },
    scope: { type: 'string' },
    'expires-in': { type: 'string', default: String(defaultValiditySeconds) },
  });
  if (!flags.principal) throw new UsageError('--principal is missing.');
  if (!localRealms.includes(flags.realm ?? '')) throw new UsageError(`--realm must be ${localRealms.join(' or ')}.`);
  return {
    principal: flags.principal,
    realm: flags.realm ?? '',
    permissions: flags.permission ?? [],
    ...(flags.scope === undefined ? {} : { scope: flags.scope }),
    expiresInSeconds: parseWhole('--expires-in', flags['expires-in'], 1, 1_000_000_000),
  };
}

try {
  const request = readRequest(process.argv.slice(2));
  console.log(await signToken(await openSigningKey(openLocalFolder()), request));
} catch (error) {
  const isUsage = error instanceof UsageError;
  console.error(isUsage ? `${error.message} ${usage}` : messageOf(error));
  process.exitCode = isUsage ? 2 : 1;
}
