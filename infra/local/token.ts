import { isPrincipal } from '../../lib/domain/policy.ts';
import { messageOf, parseFlags, parseWhole, UsageError } from './command-line.ts';
import { openLocalFolder } from './folders.ts';
import { defaultValiditySeconds, localRealms, openSigningKey, signToken, type TokenRequest } from './issuer.ts';

const usage =
  'usage: npm run --silent token -- --principal P --realm R [--permission X]... [--scope S] [--expires-in SECONDS]';
const help = `${usage}

Prints a token that the local service accepts. The service does not have to be running.

  --principal P         the principal, such as demo
  --realm R             ${localRealms.join(' or ')}
  --permission X        account:createApp, account:verify, or account:read|write|manage:HRN, where the HRN may end in *; repeatable
  --scope S             the scope claim; hrn:here:authorization::myrealm:project/p is a project scope, which is rejected
  --expires-in SECONDS  default ${defaultValiditySeconds}; the service still accepts a token 60 seconds after that
  --help                this page`;

function readRequest(args: string[]): TokenRequest | undefined {
  const flags = parseFlags(args, {
    principal: { type: 'string' },
    realm: { type: 'string' },
    permission: { type: 'string', multiple: true },
    scope: { type: 'string' },
    'expires-in': { type: 'string', default: String(defaultValiditySeconds) },
    help: { type: 'boolean', default: false },
  });
  if (flags.help) return undefined;
  if (!flags.principal) throw new UsageError('--principal is missing.');
  return requireTokenRequest({
    principal: flags.principal,
    realm: flags.realm ?? '',
    permissions: flags.permission ?? [],
    ...(flags.scope === undefined ? {} : { scope: flags.scope }),
    expiresInSeconds: parseWhole('--expires-in', flags['expires-in'], 1, 1_000_000_000),
  });
}

/** @throws UsageError when the service would reject the token, or a permission gives no access */
function requireTokenRequest(request: TokenRequest): TokenRequest {
  const { principal, realm, permissions = [] } = request;
  if (!isPrincipal(principal)) throw new UsageError('--principal is not a principal that the service accepts.');
  const wrong = permissions.find(
    (permission) => !/^account:(createApp|verify|(read|write|manage):.+)$/.test(permission),
  );
  if (wrong !== undefined)
    throw new UsageError(`--permission ${wrong} gives no access. See --help for the permissions.`);
  if (!localRealms.includes(realm)) throw new UsageError(`--realm must be ${localRealms.join(' or ')}.`);
  return request;
}

try {
  const request = readRequest(process.argv.slice(2));
  console.log(request ? await signToken(await openSigningKey(openLocalFolder()), request) : help);
} catch (error) {
  const isUsage = error instanceof UsageError;
  console.error(isUsage ? `${error.message} ${usage}` : messageOf(error));
  process.exitCode = isUsage ? 2 : 1;
}
