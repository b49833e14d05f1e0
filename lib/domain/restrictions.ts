import { canonicalBlock, isInBlocks } from './addresses.ts';
import { type ElementRule, parseList, requireNoFault } from './lists.ts';
import { canonicalReferrer, isReferredBy, type ReferringPage } from './referrers.ts';

/** The restrictions of a key, stored with it. A verifier must reject a key with a restriction of another name. */
export interface KeyRestrictions {
  /** Addresses and CIDR blocks from which the key can be used. */
  readonly allowedSources?: readonly string[];
}

/**
 * The restrictions of all keys of an application, stored with it. A verifier must reject keys under a restriction of
 * another name.
 */
export interface AppRestrictions {
  /** Pages from which the keys can be used. */
  readonly referrers?: readonly string[];
  /** The ceiling: no key has another scope. Missing: there is no ceiling. */
  readonly scopes?: readonly string[];
}

const sourceRule: ElementRule = {
  must: 'must be an IPv4 or IPv6 address, or a CIDR block such as 10.0.0.0/8, which has only zeros after its prefix',
  canonical: canonicalBlock,
};

const referrerRule: ElementRule = {
  must: 'must be a host without https://, optionally with a port and a path, such as www.example.com:8443/app',
  canonical: canonicalReferrer,
};

/** @throws ApiError 400200 with the path of each element that is wrong or a duplicate */
export function parseSources(given: readonly string[]): readonly string[] {
  return parseList('allowedSources', given, sourceRule);
}

/** @throws ApiError 400200 with the path of each element that is wrong or a duplicate */
export function parseReferrers(given: readonly string[]): readonly string[] {
  return parseList('referrers', given, referrerRule);
}

/** @throws ApiError 400200 with the path of each scope that is above the ceiling */
export function requireWithinCeiling(scopes: readonly string[], { scopes: ceiling }: AppRestrictions): void {
  if (!ceiling) return;
  const faultOf = (scope: string) => (ceiling.includes(scope) ? undefined : "is not among the application's scopes");
  requireNoFault('scopes', scopes.map(faultOf));
}

/** @returns the scopes that the ceiling allows */
export function withinCeiling(scopes: readonly string[], { scopes: ceiling }: AppRestrictions): readonly string[] {
  return ceiling ? scopes.filter((scope) => ceiling.includes(scope)) : scopes;
}

/** Whether this version enforces all of the restrictions. */
export function isKnown(key: KeyRestrictions, app: AppRestrictions): boolean {
  const { allowedSources: _, ...ofKey } = key;
  const { referrers: __, scopes: ___, ...ofApp } = app;
  return Object.keys(ofKey).length + Object.keys(ofApp).length === 0;
}

/** What an API demands of a key. A missing field demands nothing. */
export interface Demands {
  /** The key's realm is one of these. */
  readonly realms?: readonly string[] | undefined;
  /** The ID of the key's application is one of these. */
  readonly apps?: readonly string[] | undefined;
  /** The key has all of these. */
  readonly scopes?: readonly string[] | undefined;
}

/** The origin of a request, as far as it is known. */
export interface RequestOrigin extends ReferringPage {
  /** IP address of the client, from the gateway or the framework. */
  readonly source?: string | undefined;
}

/** What decides whether a valid key is accepted. */
export interface Restricted {
  readonly realm: string;
  readonly appId: string;
  /** The scopes that the ceiling allows. */
  readonly scopes: readonly string[];
  readonly allowedSources?: readonly string[] | undefined;
  readonly referrers?: readonly string[] | undefined;
}

/** Why a valid key is not accepted for a request. */
export const restrictionReasons = ['realm', 'app', 'scope', 'source', 'referrer'] as const;

/** @returns why a valid key is not accepted for a request; undefined if it is */
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
