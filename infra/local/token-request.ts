import { isPrincipal } from '../../lib/domain/policy.ts';
import { UsageError } from './command-line.ts';
import { localRealms, type TokenRequest } from './issuer.ts';

/** @throws UsageError when the service would not accept the token, or a permission gives no right */
export function requireTokenRequest(request: TokenRequest): TokenRequest {
  const { principal, realm, permissions = [] } = request;
  if (!isPrincipal(principal)) throw new UsageError('--principal is none that the service accepts.');
  const wrong = permissions.find(
    (permission) => !/^account:(createApp|verify|(read|write|manage):.+)$/.test(permission),
  );
  if (wrong !== undefined) throw new UsageError(`--permission ${wrong} gives no right.`);
  if (!localRealms.includes(realm)) throw new UsageError(`--realm must be ${localRealms.join(' or ')}.`);
  return request;
}
