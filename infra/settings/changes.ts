import { realmsOf } from '../../lib/service/http/token-claims.ts';
import type { Claims, StageSettings, TokenIssuer } from '../../lib/service/settings.ts';

/** @returns one line for each setting that differs, such as `keys.prefix: "ak" -> "sk"` */
export function differences(deployed: StageSettings, next: StageSettings): string[] {
  const [before, after] = [flat(deployed), flat(next)];
  const names = [...new Set([...before.keys(), ...after.keys()])];
  return names
    .filter((name) => before.get(name) !== after.get(name))
    .map((name) => `${name}: ${before.get(name) ?? 'not set'} -> ${after.get(name) ?? 'not set'}`);
}

/** Names each entry of `issuers` by its issuer, because the order of the entries has no meaning. */
function flat(settings: StageSettings): Map<string, string> {
  const { issuers, ...others } = settings;
  const named = Object.fromEntries(issuers.map((issuer) => [issuer.issuer, issuer]));
  return new Map([
    ...leaves(others, ''),
    ...Object.entries(named).flatMap(([name, entry]) => leaves(entry, `issuers[${name}]`)),
  ]);
}

function leaves(value: unknown, path: string): [string, string][] {
  const isGroup = typeof value === 'object' && value !== null && !Array.isArray(value);
  if (!isGroup) return value === undefined ? [] : [[path, JSON.stringify(value)]];
  return Object.entries(value).flatMap(([name, inner]) => leaves(inner, path === '' ? name : `${path}.${name}`));
}

/** @returns one line for each change that would reject API keys or tokens that are accepted now */
export function rejections(deployed: StageSettings, next: StageSettings): string[] {
  const goneFrom = <T>(before: readonly T[], after: readonly T[]) => before.filter((one) => !after.includes(one));
  const prefixes = ({ keys }: StageSettings) => [keys.prefix, ...keys.prefixesAccepted];
  return [
    ...goneFrom(prefixes(deployed), prefixes(next)).map((prefix) => `API keys with the prefix ${prefix}`),
    ...goneRealms(deployed, next),
    ...(deployed.partition === next.partition ? [] : [`HRNs of the partition ${deployed.partition}`]),
    ...notYetAllowed(deployed.deployment.table.kmsKeyArn, next.deployment.table.kmsKeyArn),
    ...deployed.issuers.flatMap((before) => {
      const after = next.issuers.find(({ issuer }) => issuer === before.issuer);
      return after ? rejectedTokens(before, after) : [goneIssuer(before)];
    }),
  ];
}

/** The settings do not contain the realms that APIs name in a stage variable. */
function goneRealms({ authorizer: before }: StageSettings, { authorizer: after }: StageSettings): string[] {
  if (after.defaultRealms === '*') return [];
  const which = 'for APIs that name no realms';
  if (before.defaultRealms === '*')
    return [`API keys of realms other than ${after.defaultRealms.join(', ')}, ${which}`];
  const kept = after.defaultRealms;
  return before.defaultRealms
    .filter((realm) => !kept.includes(realm))
    .map((realm) => `API keys of the realm ${realm}, ${which}`);
}

/** The data stack gives the table its KMS key before the service gives its roles the right to it. */
function notYetAllowed(before: string | undefined, after: string | undefined): string[] {
  if (after === undefined || before === after) return [];
  return ['every API key until the functions may use the KMS key deployment.table.kmsKeyArn'];
}

/** While the prefix of an issuer is in the settings, no other issuer can have its principals. */
function goneIssuer({ issuer, principalPrefix }: TokenIssuer): string {
  const freed = principalPrefix && `, whose prefix ${principalPrefix} other issuers can then use`;
  return `tokens of the issuer ${issuer}${freed ?? ''}`;
}

function rejectedTokens(before: TokenIssuer, after: TokenIssuer): string[] {
  const from = `tokens of the issuer ${before.issuer}`;
  const isCovered = (realm: string) =>
    realmsOf(after).some((one) => one === realm || (one.endsWith('*') && realm.startsWith(one.slice(0, -1))));
  const gone = (name: 'algorithms' | 'audience') => before[name].filter((one) => !after[name].includes(one));
  const differ = (name: 'audienceClaim' | 'principalPrefix') => before[name] !== after[name];
  const demanded = Object.entries(after.require ?? {}).filter(([claim, value]) => before.require?.[claim] !== value);
  const isStillFirst = (name: keyof Claims) =>
    before.claims[name].every((path, index) => path === after.claims[name][index]);
  // A token that named no realm can name another realm in a claim that is now checked.
  const looksElsewhere = before.realm !== undefined && String(before.claims.realm) !== String(after.claims.realm);
  const moved = (['principal', 'realm'] satisfies (keyof Claims)[]).filter(
    (name) => !isStillFirst(name) || (name === 'realm' && looksElsewhere),
  );
  return [
    ...realmsOf(before)
      .filter((realm) => !isCovered(realm))
      .map((realm) => `${from} for the realm ${realm}`),
    ...(before.realm !== undefined && after.realm === undefined ? [`${from} that name no realm`] : []),
    ...(before.jwksUri === after.jwksUri ? [] : [`${from} whose keys are only at ${before.jwksUri}`]),
    ...gone('audience').map((audience) => `${from} for the audience ${audience}`),
    ...gone('algorithms').map((algorithm) => `${from} with the algorithm ${algorithm}`),
    ...(before.audienceClaim !== undefined && differ('audienceClaim')
      ? [`${from} that name their audience in ${before.audienceClaim}`]
      : []),
    ...(differ('principalPrefix') ? [`grants to principals of ${before.issuer}, whose prefix changes`] : []),
    ...moved.map((name) => `${from} that have the ${name} in ${before.claims[name].join(' or ')}`),
    ...demanded.map(([claim, value]) => `${from} whose claim ${claim} is not ${JSON.stringify(value)}`),
    ...(after.tokenType !== undefined && after.tokenType !== before.tokenType
      ? [`${from} that are not of the type ${after.tokenType}`]
      : []),
    ...(before.idToken && !after.idToken ? [`ID tokens of the issuer ${before.issuer}`] : []),
  ];
}
