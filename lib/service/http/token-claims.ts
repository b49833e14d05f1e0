import type { JWTPayload } from 'jose';
import { log } from '../../base/log.ts';
import { holdsApiKeyId } from '../../domain/api-key-id.ts';
import { ApiError } from '../../domain/errors.ts';
import { isProjectScope, isRealm } from '../../domain/hrn.ts';
import { type Caller, isPrincipal } from '../../domain/policy.ts';
import type { ClaimPaths, Claims, ClaimValues, TokenIssuer } from '../settings.ts';

/** The names of the claims without settings. */
export const defaultClaims: Claims = {
  principal: ['sub'],
  realm: ['rlm'],
  scope: ['scope'],
  permissions: ['permissions'],
};

/**
 * @returns a value of a token for the log: shortened JSON, which distinguishes a number from a text, without API keys
 */
export function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return holdsApiKeyId(text) ? 'a value with an API key' : text.slice(0, 200);
}

/** Reads the caller from the verified claims of one issuer's tokens. */
export class ClaimReader {
  readonly #issuer: TokenIssuer;
  /** The prefixes of other issuers. No token of this issuer can name one of their principals. */
  readonly #otherPrefixes: readonly string[];
  /** Claims that a token has had. */
  readonly #seen = new Set<keyof Claims>();
  readonly #logged = new Set<string>();

  /** @param issuers all trusted issuers */
  constructor(issuer: TokenIssuer, issuers: readonly TokenIssuer[]) {
    this.#issuer = issuer;
    this.#otherPrefixes = issuers.flatMap(({ principalPrefix: prefix }) =>
      prefix === undefined || prefix === issuer.principalPrefix ? [] : [prefix],
    );
  }

  /** @throws ApiError 401300 if a claim is missing or not allowed */
  callerOf(payload: JWTPayload): Caller {
    this.#requireValues(payload);
    const realm = this.#realmOf(payload);
    const principal = this.#principalOf(payload);
    const permissions = [...this.#permissionsOf(payload), ...this.#permissionsOfRules(payload)];
    return {
      principal,
      issuer: this.#issuer.issuer,
      realm,
      permissions,
      hasProjectScope: this.#hasProjectScope(payload),
    };
  }

  #requireValues(payload: JWTPayload): void {
    const wanted = Object.entries(this.#issuer.require ?? {});
    const wrong = wanted.find(([path, value]) => valueAt(payload, path) !== value);
    if (wrong) throw wrongValue(wrong[0], valueAt(payload, wrong[0]), wrong[1]);
  }

  #realmOf(payload: JWTPayload): string {
    const { realm: fixed, realms = [] } = this.#issuer;
    const claimed = fixed === undefined ? this.#find(payload, 'realm') : present(payload, this.#issuer.claims.realm);
    const realm = claimed ?? fixed;
    if (typeof realm !== 'string' || !isRealm(realm) || !isOneOf(realm, fixed === undefined ? realms : [fixed]))
      throw badClaim('realm', this.#issuer.claims, claimed);
    return realm;
  }

  #principalOf(payload: JWTPayload): string {
    const claimed = this.#find(payload, 'principal');
    const principal = typeof claimed === 'string' ? `${this.#issuer.principalPrefix ?? ''}${claimed}` : undefined;
    if (claimed === '' || !isPrincipal(principal)) throw badClaim('principal', this.#issuer.claims, claimed);
    if (this.#otherPrefixes.some((prefix) => principal.startsWith(prefix)))
      throw new ApiError('401300', { why: 'the principal begins with the prefix of another issuer' });
    return principal;
  }

  #permissionsOf(payload: JWTPayload): readonly string[] {
    const { permissionsPrefix: prefix = '' } = this.#issuer;
    const claimed = this.#find(payload, 'permissions');
    const permissions = textsOfList(claimed);
    if (!permissions) this.#logOnce('permissions', 'is neither a list of texts, a text nor an object');
    return (permissions ?? []).filter((text) => text.startsWith(prefix)).map((text) => text.slice(prefix.length));
  }

  #permissionsOfRules(payload: JWTPayload): readonly string[] {
    const matches = (when: ClaimValues) =>
      Object.entries(when).every(([path, value]) => [valueAt(payload, path)].flat().includes(value));
    return (this.#issuer.rules ?? []).flatMap(({ when, allow }) => (matches(when) ? allow : []));
  }

  /** A project scope counts wherever scopes are: a provider can put them elsewhere than the settings say. */
  #hasProjectScope(payload: JWTPayload): boolean {
    this.#find(payload, 'scope');
    const scopes = [...this.#issuer.claims.scope, 'scope', 'scp'].map((path) => valueAt(payload, path));
    return textsIn(scopes).some((text) => text.split(/[\s,]+/).some(isProjectScope));
  }

  /**
   * @returns the value at the first path that is present; if there is none, this is logged if the settings name the
   * claim
   */
  #find(payload: JWTPayload, claim: keyof Claims): unknown {
    const paths = this.#issuer.claims[claim];
    const found = present(payload, paths);
    if (found !== undefined) this.#seen.add(claim);
    else if (!this.#seen.has(claim) && paths.join() !== defaultClaims[claim].join())
      this.#logOnce(claim, 'is not in a token');
    return found;
  }

  #logOnce(claim: keyof Claims, fault: string): void {
    const { issuer, claims } = this.#issuer;
    const why = `the claim of ${claim} ${fault}: ${claims[claim].join(', ')}`;
    if (this.#logged.has(why)) return;
    this.#logged.add(why);
    log({ event: 'token-claims', level: 'WARN', issuer, why });
  }
}

/** @returns the realms that an issuer can issue tokens for */
export function realmsOf({ realm, realms }: Pick<TokenIssuer, 'realm' | 'realms'>): readonly string[] {
  return realm === undefined ? (realms ?? []) : [realm];
}

function isOneOf(realm: string, allowed: readonly string[]): boolean {
  return allowed.some((one) => (one.endsWith('*') ? realm.startsWith(one.slice(0, -1)) : realm === one));
}

function present(payload: JWTPayload, paths: ClaimPaths): unknown {
  return paths.map((path) => valueAt(payload, path)).find((value) => value !== undefined && value !== null);
}

/**
 * @param path the name of a claim, or a JSON Pointer, which begins with "/"
 * @see https://www.rfc-editor.org/rfc/rfc6901
 */
export function valueAt(payload: JWTPayload, path: string): unknown {
  const names = path.startsWith('/') ? path.slice(1).split('/').map(unescaped) : [path];
  return names.reduce<unknown>(
    (value, name) =>
      typeof value === 'object' && value !== null && Object.hasOwn(value, name)
        ? (value as Record<string, unknown>)[name]
        : undefined,
    payload,
  );
}

function unescaped(name: string): string {
  return name.replaceAll('~1', '/').replaceAll('~0', '~');
}

/** @returns the texts of a list, of a text with spaces, or of the names of an object; undefined for anything else */
function textsOfList(value: unknown): readonly string[] | undefined {
  if (value === undefined) return [];
  if (typeof value === 'string') return value.split(/\s+/).filter(Boolean);
  if (Array.isArray(value)) return value.every((text) => typeof text === 'string') ? value : undefined;
  return typeof value === 'object' && value !== null ? Object.keys(value) : undefined;
}

/** @returns every text in a value, at any depth */
function textsIn(value: unknown): readonly string[] {
  const values = [value];
  // The list grows while the loop reads it.
  for (const one of values) if (typeof one === 'object' && one !== null) values.push(...Object.entries(one).flat());
  return values.filter((one) => typeof one === 'string');
}

function badClaim(claim: keyof Claims, claims: Claims, value: unknown): ApiError {
  const place = `the claim of the ${claim} (${claims[claim].join(', ')})`;
  const why = value === undefined || value === null ? 'is missing' : `has a value that is not allowed: ${shown(value)}`;
  return new ApiError('401300', { why: `${place} ${why}` });
}

function wrongValue(claim: string, value: unknown, wanted: unknown): ApiError {
  const why = value === undefined ? 'is missing' : `is ${shown(value)}, and the settings require ${shown(wanted)}`;
  return new ApiError('401300', { why: `the claim ${claim} ${why}` });
}
