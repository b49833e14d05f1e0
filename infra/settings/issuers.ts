import { isPrincipal } from '../../lib/domain/policy.ts';
import { defaultClaims, realmsOf } from '../../lib/service/http/token-claims.ts';
import type { Claims, ClaimValues, StageSettings, TokenIssuer } from '../../lib/service/settings.ts';
import { SettingsError } from '../../lib/verification/settings-rules.ts';
import { discoverJwksUri } from './discovery.ts';

type OneOrMany = string | readonly string[];
type ClaimNames = { readonly [Claim in keyof Claims]?: OneOrMany };

/** An entry of `issuers` in a file that fits the schema. */
export interface IssuerEntry extends Omit<TokenIssuer, 'audience' | 'claims' | 'jwksUri'> {
  readonly audience: OneOrMany;
  readonly claims?: ClaimNames;
  readonly jwksUri?: string;
}

const unknownUri = '';

/**
 * Finds the missing key set URLs of issuers by discovery.
 * @param isLocal whether plain http is allowed for issuers on this machine
 * @throws SettingsError for the first issuer in the list whose discovery fails or returns an unsafe URL
 */
export async function discoverKeys(issuers: readonly TokenIssuer[], isLocal: boolean): Promise<TokenIssuer[]> {
  const isSafe = (url: string) => isSafeUrl(url, isLocal);
  const answers = await Promise.allSettled(
    issuers.map(async (entry, index) =>
      entry.jwksUri === unknownUri
        ? { ...entry, jwksUri: await discoverJwksUri(entry.issuer, `issuers[${index}]`, isSafe) }
        : entry,
    ),
  );
  return answers.map((answer) => {
    if (answer.status === 'rejected') throw answer.reason;
    return answer.value;
  });
}

/** Issuers that give tokens to anybody, and the claims that distinguish the tokens of one owner. */
const openToAnybody: readonly (readonly [RegExp, readonly string[]])[] = [
  [
    /^https:\/\/token\.actions\.githubusercontent\.com(\/|$)/,
    ['repository_owner_id', 'repository_id', 'enterprise_id', 'repository_owner', 'repository', 'enterprise', 'sub'],
  ],
  [/^(https:\/\/)?accounts\.google\.com$/, ['hd', 'email', 'sub', 'azp']],
  [/^https:\/\/appleid\.apple\.com$/, ['sub', 'email']],
  [/^https:\/\/gitlab\.com$/, ['namespace_id', 'project_id', 'namespace_path', 'project_path', 'sub']],
  [/^https:\/\/app\.terraform\.io$/, ['terraform_organization_id', 'terraform_organization_name', 'sub']],
  [/^https:\/\/agent\.buildkite\.com$/, ['organization_id', 'organization_slug', 'sub']],
  [
    /^https:\/\/(login\.microsoftonline\.com|sts\.windows\.net)\/9188040d-6c67-4c5b-b112-36a304b66dad\//,
    ['oid', 'sub'],
  ],
];

/** Completes an entry: its claims, its lists, and the URL of its keys if its provider is well known. */
export function completeIssuer(entry: IssuerEntry, shared: ClaimNames): TokenIssuer {
  const names = { ...defaultClaims, ...shared, ...entry.claims };
  const claims = Object.fromEntries(Object.entries(names).map(([claim, paths]) => [claim, [paths].flat()]));
  return {
    ...entry,
    jwksUri: entry.jwksUri ?? unknownUri,
    audience: [entry.audience].flat(),
    claims: claims as unknown as Claims,
  };
}

/**
 * Checks the issuers against each other and against the partition, which a schema cannot do.
 * @param isLocal whether plain http is allowed for keys on this machine
 * @throws SettingsError
 */
export function requireIssuers(
  { issuers, partition }: Pick<StageSettings, 'issuers' | 'partition'>,
  isLocal: boolean,
): void {
  for (const [index, issuer] of issuers.entries()) {
    const place = `issuers[${index}]`;
    requireIssuer(issuer, place, isLocal);
    requireRules(issuer, place, partition);
    for (const [before, other] of issuers.slice(0, index).entries()) requireApart(other, before, issuer, index);
  }
}

function requireIssuer(entry: TokenIssuer, place: string, isLocal: boolean): void {
  const { jwksUri, realm, realms, principalPrefix = '' } = entry;
  if (realm === undefined && realms === undefined)
    throw new SettingsError(`${place}.realm`, 'is missing. Set realm, or realms for tokens that name one.');
  if (realm !== undefined && realms !== undefined)
    throw new SettingsError(`${place}.realms`, 'contradicts realm. Set one of the two.');
  if (jwksUri !== unknownUri && !isSafeUrl(jwksUri, isLocal))
    throw new SettingsError(`${place}.jwksUri`, 'must be an https URL without credentials.');
  if (!isPrincipal(`${principalPrefix}x`))
    throw new SettingsError(
      `${place}.principalPrefix`,
      'makes principals that the service rejects. Choose another prefix, such as "ci:".',
    );
  requireOwn(entry, place);
}

/** @throws SettingsError when every user of a public issuer would be accepted, or a claim of GitHub is not a text */
function requireOwn({ issuer, require = {}, rules = [] }: TokenIssuer, place: string): void {
  const [, own] = openToAnybody.find(([pattern]) => pattern.test(issuer)) ?? [];
  if (own && !own.some((claim) => require[claim] !== undefined))
    throw new SettingsError(
      `${place}.require`,
      `must have one of ${own.join(', ')}, because anybody can get tokens of this issuer.`,
    );
  if (!own?.includes('repository_id')) return;
  requireTexts(require, `${place}.require`);
  for (const [index, { when }] of rules.entries()) requireTexts(when, `${place}.rules[${index}].when`);
}

function requireTexts(values: ClaimValues, place: string): void {
  const [claim, value] = Object.entries(values).find(([, value]) => typeof value !== 'string') ?? [];
  if (claim !== undefined)
    throw new SettingsError(`${place}.${claim}`, `must be a text, as in GitHub's tokens: "${value}".`);
}

/** @throws SettingsError when a permission names applications outside the realms of this issuer */
function requireRules(entry: TokenIssuer, place: string, partition: string): void {
  const { rules = [] } = entry;
  const reached = realmsOf(entry).map((realm) =>
    realm.endsWith('*') ? `hrn:${partition}:account::${realm.slice(0, -1)}` : `hrn:${partition}:account::${realm}:app/`,
  );
  for (const [index, { allow }] of rules.entries()) {
    for (const [position, permission] of allow.entries()) {
      const [, resource] = /^account:\w+:(.+)$/.exec(permission) ?? [];
      if (resource === undefined || reached.some((start) => isPatternFor(resource, start))) continue;
      throw new SettingsError(
        `${place}.rules[${index}].allow[${position}]`,
        `matches no application of this issuer's realms. Write an HRN that begins with "${reached[0]}".`,
      );
    }
  }
}

/** Whether the resource begins with `start`, or is a pattern that matches such a resource. */
function isPatternFor(resource: string, start: string): boolean {
  return resource.startsWith(start) || (resource.endsWith('*') && start.startsWith(resource.slice(0, -1)));
}

/** @throws SettingsError when the two issuers could issue tokens for the same principal */
function requireApart(a: TokenIssuer, indexOfA: number, b: TokenIssuer, indexOfB: number): void {
  const [first, second] = [`issuers[${indexOfA}]`, `issuers[${indexOfB}]`];
  if (a.issuer === b.issuer)
    throw new SettingsError(`${second}.issuer`, `is the same as in ${first}. Merge the two entries.`);
  const shared = sharedRealm(realmsOf(a), realmsOf(b));
  const [one, other] = [a.principalPrefix, b.principalPrefix];
  const isWithin = one !== undefined && other !== undefined && (one.startsWith(other) || other.startsWith(one));
  if (isWithin && one !== other)
    throw new SettingsError(
      `${second}.principalPrefix`,
      `overlaps with the prefix in ${first}. Neither prefix can begin with the other.`,
    );
  if (shared === undefined) return;
  if (a.principalPrefix === undefined && b.principalPrefix === undefined)
    throw new SettingsError(
      `${second}.principalPrefix`,
      `is missing, also in ${first}, and both issuers can claim the realm ${shared}. Set a prefix, such as "ci:".`,
    );
  if (isWithin)
    throw new SettingsError(
      `${second}.principalPrefix`,
      `is the same as in ${first}, and both issuers can claim the realm ${shared}. Choose another prefix.`,
    );
}

/** @returns the first realm that also matches a realm in `others`; names are in a set, because there can be many */
function sharedRealm(realms: readonly string[], others: readonly string[]): string | undefined {
  const names = new Set(others);
  const patterns = others.filter((other) => other.endsWith('*'));
  return realms.find((one) => {
    const candidates = one.endsWith('*') ? others : patterns;
    return names.has(one) || candidates.some((other) => overlap(one, other));
  });
}

/** Whether a realm can match both. Either can end in "*". */
function overlap(one: string, other: string): boolean {
  const [start, otherStart] = [one, other].map((text) => text.replace(/\*$/, '')) as [string, string];
  if (one.endsWith('*')) return otherStart.startsWith(start) || (other.endsWith('*') && start.startsWith(otherStart));
  return other.endsWith('*') ? one.startsWith(otherStart) : one === other;
}

export function isSafeUrl(text: string, isLocal: boolean): boolean {
  const url = URL.parse(text);
  const isLoopback = ['localhost', '127.0.0.1', '[::1]'].includes(url?.hostname ?? '');
  const isSafe = url?.protocol === 'https:' || (isLocal && url?.protocol === 'http:' && isLoopback);
  return isSafe && !url.username && !url.password;
}
