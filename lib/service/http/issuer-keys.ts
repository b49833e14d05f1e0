import { createLocalJWKSet, errors, type JWTVerifyGetKey } from 'jose';
import { formatWhy, log } from '../../base/log.ts';
import type { ApiError } from '../../domain/errors.ts';
import { issuerKeysFailure, metered } from '../metrics.ts';
import type { TokenIssuer } from '../settings.ts';
import type { GetKeys } from './get-keys.ts';
import { fetchKeySet } from './key-set.ts';

/** Keys that are older than this are fetched again. */
const freshMs = 600_000;
/** An unknown key ID causes a fetch only if the last one was longer ago than this. */
const coolDownMs = 30_000;
/**
 * How long no fetch follows a failed one. Otherwise made-up key IDs would become requests to an issuer that is down.
 */
const failureMs = 5_000;

type Find = JWTVerifyGetKey;

/** The keys of one issuer, fetched when needed, one fetch at a time. */
export class IssuerKeys {
  readonly #issuer: TokenIssuer;
  readonly #getKeys: GetKeys;
  readonly #maxStaleMs: number;
  #known: { readonly find: Find; readonly at: number } | undefined;
  #failed: { readonly why: ApiError; readonly at: number } | undefined;
  #fetching: Promise<Find> | undefined;

  /** @param maxStaleMs how long known keys are used after their fetch, if no others are available */
  constructor(issuer: TokenIssuer, getKeys: GetKeys, maxStaleMs: number) {
    this.#issuer = issuer;
    this.#getKeys = getKeys;
    this.#maxStaleMs = maxStaleMs;
  }

  /**
   * @throws JWKSNoMatchingKey if the issuer does not have the key
   * @throws ApiError 503000 if this is unknown
   */
  readonly find: Find = async (header, token) => {
    const known = within(freshMs, this.#known) ?? (await this.#fetchOrKnown());
    try {
      return await known.find(header, token);
    } catch (why) {
      if (!(why instanceof errors.JWKSNoMatchingKey) || within(coolDownMs, this.#known)) throw why;
    }
    const find = await this.#fetch();
    return find(header, token);
  };

  async #fetchOrKnown(): Promise<{ readonly find: Find }> {
    try {
      return { find: await this.#fetch() };
    } catch (why) {
      const known = within(this.#maxStaleMs, this.#known);
      if (!known) throw why;
      return known;
    }
  }

  async #fetch(): Promise<Find> {
    const failed = within(failureMs, this.#failed);
    if (failed) throw failed.why;
    this.#fetching ??= this.#fetchNow().finally(() => {
      this.#fetching = undefined;
    });
    return this.#fetching;
  }

  async #fetchNow(): Promise<Find> {
    try {
      const find = createLocalJWKSet(await fetchKeySet(this.#issuer.jwksUri, this.#getKeys));
      this.#known = { find, at: Date.now() };
      this.#failed = undefined;
      return find;
    } catch (why) {
      this.#failed = { why: why as ApiError, at: Date.now() };
      this.#warn(why as ApiError);
      throw why;
    }
  }

  #warn({ cause, parts }: ApiError): void {
    const known = within(this.#maxStaleMs, this.#known);
    log({
      event: 'issuer-keys',
      level: known ? 'WARN' : 'ERROR',
      issuer: this.#issuer.issuer,
      result: known ? 'stale' : 'unavailable',
      ageSeconds: known && Math.round((Date.now() - known.at) / 1_000),
      cause: parts.cause,
      why: formatWhy(cause),
      ...metered([issuerKeysFailure]),
    });
  }
}

/** @returns `it` if it is not older than that; it also counts as too old if the clock was set back */
function within<Dated extends { readonly at: number }>(ms: number, it: Dated | undefined): Dated | undefined {
  return it && Math.abs(Date.now() - it.at) < ms ? it : undefined;
}
