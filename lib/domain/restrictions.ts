import { canonicalBlock, isInBlocks } from './addresses.ts';
import { type ElementRule, parseList, requireNoFault } from './lists.ts';
import { canonicalReferrer, isReferredBy, type ReferringPage } from './referrers.ts';

/** What narrows a key, and is stored with it. Whoever finds another name here must not accept the key. */
export interface KeyRestrictions {
  /** addresses and CIDR blocks from which it may be used */
  readonly allowedSources?: readonly string[];
}

/** What narrows every key of an application, and is stored with it. The same holds for other names. */
export interface AppRestrictions {
  /** pages from which the keys may be used */
  readonly referrers?: readonly string[];
  /** the ceiling: no key has another scope; missing: there is no ceiling */
  readonly scopes?: readonly string[];
}

const sourceRule: ElementRule = {
  must: 'must be an IPv4 or IPv6 address, or a CIDR block such as 10.0.0.0/8, which has only zeros after its prefix',
  canonical: canonicalBlock,
};

const referrerRule: ElementRule = {
  must: 'must be a host without https://, perhaps with a port and a path, such as www.example.com:8443/app',
  canonical: canonicalReferrer,
};

/** @throws ApiError 400200 with the path of each element that is wrong, or is in the list twice */
export function parseSources(given: readonly string[]): readonly string[] {
  return parseList('allowedSources', given, sourceRule);
}

/** @throws ApiError 400200 with the path of each element that is wrong, or is in the list twice */
export function parseReferrers(given: readonly string[]): readonly string[] {
  return parseList('referrers', given, referrerRule);
}

/** @throws ApiError 400200 with the path of each scope that is above the ceiling */
export function requireWithinCeiling(scopes: readonly string[], { scopes: ceiling }: AppRestrictions): void {
  if (!ceiling) return;
  const faultOf = (scope: string) => (ceiling.includes(scope) ? undefined : "is not among the application's scopes");
  requireNoFault('scopes', scopes.map(faultOf));
}

/** @returns those of the scopes that the ceiling leaves */
export function withinCeiling(scopes: readonly string[], { scopes: ceiling }: AppRestrictions): readonly string[] {
  return ceiling ? scopes.filter((scope) => ceiling.includes(scope)) : scopes;
}

/** Whether all restrictions are ones that this version enforces. */
export function isKnown(key: KeyRestrictions, app: AppRestrictions): boolean {
  const { allowedSources: _, ...ofKey } = key;
  const { referrers: __, scopes: ___, ...ofApp } = app;
  return Object.keys(ofKey).length + Object.keys(ofApp).length === 0;
}

/** What an API demands of a key; what is missing is not demanded. */
export interface Demands {
  /** the key's realm is one of these */
  readonly realms?: readonly string[] | undefined;
  /** the ID of its application is one of these */
  readonly apps?: readonly string[] | undefined;
  /** it has all of these */
  readonly scopes?: readonly string[] | undefined;
}

/** Where a request comes from, as far as that is known. */
export interface RequestOrigin extends ReferringPage {
  /** IP address of the client, as the gateway or the framework tells it */
  readonly source?: string | undefined;
}

/** What decides about a valid key, besides what it is. */
export interface Restricted {
  readonly realm: string;
  readonly appId: string;
  /** those that the ceiling leaves */
  readonly scopes: readonly string[];
  readonly allowedSources?: readonly string[] | undefined;
  readonly referrers?: readonly string[] | undefined;
}

/** Why a valid key is not accepted for a request. */
export const restrictionReasons = ['realm', 'app', 'scope', 'source', 'referrer'] as const;

/** @returns why a valid key is not accepted for a request, if it is not */
export function reasonNotToAccept(
  key: Restricted,
  { realms, apps, scopes }: Demands,
  origin: RequestOrigin,
): (typeof restrictionReasons)[number] | undefined {
  if (realms && !realms.includes(key.realm)) return 'realm';
  if (apps && !apps.includes(key.appId)) return 'app';
  if (scopes && !scopes.every((scope) => key.scopes.includes(scope))) return 'scope';
  if (key.allowedSources && !isInBlocks(origin.source ?? '', key.allowedSources)) return 'source';
  if (key.referrers && !isReferredBy(origin, key.referrers)) return 'referrer';
  return undefined;
}
