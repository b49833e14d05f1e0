import { setTimeout as sleep } from 'node:timers/promises';
import { LruMap } from '../base/lru-map.ts';
import { never } from '../domain/api-key.ts';
import { handleOf, type KeyHandle, mayBeApiKeyId, parseApiKeyId } from '../domain/api-key-id.ts';
import { ApiError } from '../domain/errors.ts';
import type { Demands, RequestOrigin, Restricted } from '../domain/restrictions.ts';
import { type Finding, findingOf, judge, type Verification } from '../domain/verification.ts';
import { appKey, appOf, decisive } from '../store/app-item.ts';
import { recordUse, type Use } from '../store/last-used.ts';
import { type Deadline, read } from '../store/settle.ts';
import type { VerifyingTable } from '../store/verifying-table.ts';
import { UseNotes } from './use-notes.ts';

export interface VerifierSettings {
  readonly partition: string;
  /** The prefixes that a key can have. */
  readonly prefixes: readonly string[];
  /**
   * How long a valid key is cached, counted from the beginning of the read. 0: results are neither cached nor shared.
   */
  readonly cacheSeconds: number;
  /** A key's use is recorded once in this period. undefined: never. */
  readonly lastUsedSeconds: number | undefined;
}

export type Clock = Omit<Deadline, 'at'>;

export const systemClock: Clock = { now: () => Date.now(), sleep: (ms) => sleep(ms), random: () => Math.random() };

/** What a key is verified for. */
export interface Purpose {
  readonly demands?: Demands;
  readonly origin?: RequestOrigin;
  /** Whether a valid key is accepted after all. If not, it does not count as used. */
  readonly suits?: (key: Restricted) => boolean;
  /** The only realm whose keys the caller can verify, if there is just one. Keys of other realms are unknown. */
  readonly realm?: string;
}

/**
 * The result of a verification. `appId` and `handle`, which are not secrets, are present for a well-formed key.
 * `restricted` is present for a key that is valid in itself, whether or not it is accepted.
 */
export interface Check extends Finding {
  readonly isCached: boolean;
  readonly appId?: string;
  readonly handle?: KeyHandle;
  /** false: the key is valid, but does not suit the purpose. */
  readonly suits?: boolean;
}

interface KeyRef {
  readonly appId: string;
  readonly handle: KeyHandle;
}

/** The result of a read. It is valid from `from`, when the read began, until `until`, in ms since the epoch. */
interface Reading extends Finding {
  readonly appId: string;
  /** The application's realm, if the application exists. */
  readonly realm: string | undefined;
  readonly from: number;
  readonly until: number;
}

/** A read in progress. `turn` is comparable with a request's arrival: the higher one was later. */
interface ReadUnderWay {
  readonly turn: number;
  readonly reading: Promise<Reading>;
}

const nothing = {};
const malformed: Verification = { valid: false, reason: 'malformed' };
const unknown: Verification = { valid: false, reason: 'unknown' };

const maxAccepted = 10_000;
const maxRefused = 1_000;
/** How long a rejection is cached. */
const refusedMs = 1_000;
/** How long a read can take before the verifier gives up. */
const readMs = 3_000;
/** How long a request waits for the record of its use. */
const useMs = 50;

/**
 * Verifies keys in this process. A malformed or cached key needs no request to the database. Any other key needs one
 * strongly consistent read. Concurrent requests for one key share a read. They share a rejection only if the read began
 * after the request arrived. The secret itself is not kept.
 */
export class Verifier {
  readonly #table: VerifyingTable;
  readonly #settings: VerifierSettings;
  readonly #clock: Clock;
  readonly #warn: (why: unknown) => void;
  readonly #accepted = new LruMap<KeyHandle, Reading>(maxAccepted);
  readonly #refused = new LruMap<KeyHandle, Reading>(maxRefused);
  readonly #underWay = new Map<KeyHandle, ReadUnderWay>();
  readonly #uses: UseNotes;
  #turn = 0;

  /** @param warn is called with the reason when a use can't be recorded; this fails no verification */
  constructor(
    table: VerifyingTable,
    settings: VerifierSettings,
    clock: Clock,
    warn: (why: unknown) => void = () => {},
  ) {
    this.#table = table;
    this.#settings = settings;
    this.#clock = clock;
    this.#warn = warn;
    this.#uses = new UseNotes(settings.lastUsedSeconds);
  }

  /**
   * @param text what the client presents as a key; a value that is not a string is malformed
   * @throws ApiError 503000 if the database is unavailable: reject the request then
   */
  async check(text: string, purpose: Purpose = nothing): Promise<Check> {
    const { demands = nothing, origin = nothing, realm } = purpose;
    if (!mayBeApiKeyId(text)) return { verification: malformed, isCached: false };
    const handle = handleOf(text);
    const remembered = this.#recall(this.#accepted, handle) ?? this.#recall(this.#refused, handle);
    const reading = remembered ?? (await this.#findParsed(text, handle));
    if (!reading) return { verification: malformed, isCached: false };
    const { appId, restricted } = reading;
    const isCached = remembered !== undefined;
    if (realm !== undefined && reading.realm !== realm) return { verification: unknown, isCached, appId, handle };
    const verification = judge(reading, demands, origin);
    const suits = !restricted || !purpose.suits || purpose.suits(restricted);
    if (verification.valid && suits && this.#uses.isDue(handle, this.#clock.now()))
      await this.#use({ appId, handle, expiresAt: verification.expiresAt });
    return { verification, isCached, appId, handle, restricted, suits };
  }

  /** @returns undefined for a text that is not a key; nothing is read then */
  async #findParsed(text: string, handle: KeyHandle): Promise<Reading | undefined> {
    const parsed = parseApiKeyId(text, this.#settings.prefixes);
    return parsed && this.#find({ appId: parsed.appId, handle });
  }

  /** Deletes a reading that is out of date. Otherwise it would be valid again if the clock were set back. */
  #recall(readings: LruMap<KeyHandle, Reading>, handle: KeyHandle): Reading | undefined {
    const reading = readings.get(handle);
    if (!reading || this.#holds(reading)) return reading;
    readings.delete(handle);
    return undefined;
  }

  #holds({ from, until }: Reading): boolean {
    const now = this.#clock.now();
    return from <= now && now < until;
  }

  async #find(key: KeyRef): Promise<Reading> {
    if (this.#settings.cacheSeconds === 0) return this.#look(key);
    this.#turn += 1;
    const arrival = this.#turn;
    for (;;) {
      const { turn, reading } = this.#underWay.get(key.handle) ?? this.#startReading(key);
      const isLater = turn > arrival;
      const found = await reading.catch((why) => {
        if (isLater) throw why;
      });
      if (found && (isLater || (found.verification.valid && this.#holds(found)))) return found;
    }
  }

  #startReading(key: KeyRef): ReadUnderWay {
    this.#turn += 1;
    const reading = this.#look(key).finally(() => this.#underWay.delete(key.handle));
    const underWay = { turn: this.#turn, reading };
    this.#underWay.set(key.handle, underWay);
    return underWay;
  }

  async #look({ appId, handle }: KeyRef): Promise<Reading> {
    const { partition, cacheSeconds } = this.#settings;
    const { app, from } = await this.#read(appId);
    const finding = findingOf(app, handle, { now: this.#clock.now(), partition });
    const { verification } = finding;
    const cacheMs = verification.valid ? cacheSeconds * 1_000 : refusedMs;
    const expiresAt = verification.valid && verification.expiresAt !== never ? verification.expiresAt : undefined;
    const reading = {
      ...finding,
      appId,
      realm: app?.realm,
      from,
      until: Math.min(from + cacheMs, expiresAt ?? Number.POSITIVE_INFINITY),
    };
    if (cacheSeconds > 0) (verification.valid ? this.#accepted : this.#refused).set(handle, reading);
    return reading;
  }

  async #read(appId: string) {
    const deadline = { ...this.#clock, at: this.#clock.now() + readMs };
    let from = 0;
    const attempt = (ms: number) => {
      from = this.#clock.now();
      return this.#table.attemptGet(appKey(appId), ms, decisive);
    };
    try {
      const item = await read(deadline, attempt);
      return { app: appOf(item), from };
    } catch (why) {
      throw why instanceof ApiError ? why : new ApiError('503000', { why });
    }
  }

  async #use(used: Pick<Use, 'appId' | 'handle' | 'expiresAt'>): Promise<void> {
    const use = { ...used, at: this.#clock.now(), periodMs: this.#uses.periodMs };
    const written = recordUse(this.#table, use)
      .then((attempt) => 'error' in attempt && this.#warn(attempt.error), this.#warn)
      .catch(() => {}); // if `warn` itself fails, there is nobody left to tell
    await Promise.race([written, this.#clock.sleep(useMs)]);
  }
}
