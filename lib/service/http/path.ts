import { holdsApiKeyId, type KeyHandle } from '../../domain/api-key-id.ts';
import { invalidField } from '../../domain/errors.ts';
import { type AppRef, decodeOnce, parseApiKeyHrn } from '../../domain/hrn.ts';
import { isPrincipal, principalRule } from '../../domain/policy.ts';

/** A request whose path has parameters. */
interface Located {
  readonly event: { readonly pathParameters: Readonly<Record<string, string | undefined>> | null };
}

/** Whether the path of an event ends in a slash, which API Gateway ignores when it looks for the route. */
export function hasLastSlash(path: unknown): boolean {
  return typeof path === 'string' && path.endsWith('/');
}

/** @returns the handle of the key in the path; undefined if the path names no key of that realm */
export function keyInPath(call: Located & { app: AppRef; settings: { partition: string } }): KeyHandle | undefined {
  return parseApiKeyHrn(call.event.pathParameters?.apiKey ?? '', call.app.realm, call.settings.partition);
}

/** @throws ApiError 400200 if it can't be a principal */
export function principalInPath({ event }: Located): string {
  const principal = decodeOnce(event.pathParameters?.principal ?? '');
  if (isPrincipal(principal)) return principal;
  throw invalidField('$.principal', `${principalRule}; in a path it is URL-encoded once`);
}

/** @throws ApiError 400200 if it is not an https URL */
export function issuerInPath({ event }: Located): string {
  const issuer = decodeOnce(event.pathParameters?.issuer ?? '');
  const url = URL.parse(issuer);
  const isPlain = /^https:\/\/[\x21-\x24\x26-\x7e]{1,247}$/.test(issuer);
  const isSecret = url?.username || url?.password || holdsApiKeyId(issuer);
  if (isPlain && url?.hostname && !isSecret) return issuer;
  throw invalidField(
    '$.issuer',
    'must be an https URL of at most 255 visible ASCII characters without "%", a password or an API key, URL-encoded once',
  );
}
