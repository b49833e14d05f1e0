import { setTimeout as sleep } from 'node:timers/promises';
import { LruMap } from '../base/lru-map.ts';
import { never } from '../domain/api-key.ts';
import { handleOf, type KeyHandle, mayBeApiKeyId, parseApiKeyId } from '../domain/api-key-id.ts';
import { ApiError } from '../domain/errors.ts';
import { type Verification, verificationOf } from '../domain/verification.ts';
import { appKey, appOf, decisive } from '../store/app-item.ts';
import { recordUse, type Use } from '../store/last-used.ts';
import { type Deadline, read } from '../store/settle.ts';
import type { VerifyingTable } from '../store/verifying-table.ts';
import { UseNotes } from './use-notes.ts';

export interface VerifierSettings {
  readonly partition: string;
  /** what a key may begin with */
  readonly prefixes: readonly string[];
  /** a key found valid is taken for valid so long, counted from the beginning of the read; 0: nothing is remembered or shared */
  readonly cacheSeconds: number;
  /** a key's use is written down once in such a period; undefined: never */
  readonly lastUsedSeconds: number | undefined;
}

export type Clock = Omit<Deadline, 'at'>;

export const systemClock: Clock = { now: () => Date.now(), sleep: (ms) => sleep(ms), random: () => Math.random() };

/** What came of looking at a key; `appId` and `handle`, which are no secrets, tell a well-formed one from others. */
export interface Check {
  readonly verification: Verification;
  readonly isCached: boolean;
  readonly appId?: string;
  readonly handle?: KeyHandle;
}

interface KeyRef {
  readonly appId: string;
  readonly handle: KeyHandle;
}

/** What a read found; it holds from `from`, when the read began, until `until`, in ms since the epoch. */
interface Finding {
  readonly verification: Verification;
  readonly appId: string;
  /** of the application, if there is one */
  readonly realm: string | undefined;
  readonly from: number;
  readonly until: number;
}

/** A read under way; of `turn` and a request's arrival the higher one was later. */
interface Reading {
  readonly turn: number;
  readonly finding: Promise<Finding>;
}

const malformed: Verification = { valid: false, reason: 'malformed' };
const unknown: Verification = { valid: false, reason: 'unknown' };

const maxAccepted = 10_000;
const maxRefused = 1_000;
/** A refusal is remembered so long. */
const refusedMs = 1_000;
/** The database is given up after so long. */
const readMs = 3_000;
/** A request waits so long for the note of its use. */
const useMs = 50;

/**
 * Verifies keys in this process: no request to the database for a malformed key or one that is remembered, one strongly
 * consistent read for any other. Concurrent requests for one key share a read, a refusal only if the read began after
 * the request arrived. The secret itself is not kept.
 */
export class Verifier {
  readonly #table: VerifyingTable;
  readonly #settings: VerifierSettings;
  readonly #clock: Clock;
  readonly #warn: (why: unknown) => void;
  readonly #accepted = new LruMap<KeyHandle, Finding>(maxAccepted);
  readonly #refused = new LruMap<KeyHandle, Finding>(maxRefused);
  readonly #readings = new Map<KeyHandle, Reading>();
  readonly #uses: UseNotes;
  #turn = 0;

  /** @param warn is told why a use could not be written down, which fails no verification */
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
   * @param text what somebody presents as a key; what is no text is malformed
   * @param realm the only one whose keys may be asked about, if there is just one; those of others are unknown
   * @throws ApiError 503000 when the database cannot be asked: let nobody in
   */
  async check(text: string, realm?: string): Promise<Check> {
    if (!mayBeApiKeyId(text)) return { verification: malformed, isCached: false };
    const handle = handleOf(text);
    const remembered = this.#recall(this.#accepted, handle) ?? this.#recall(this.#refused, handle);
    const finding = remembered ?? (await this.#findParsed(text, handle));
    if (!finding) return { verification: malformed, isCached: false };
    const { verification, appId } = finding;
    const isCached = remembered !== undefined;
    if (realm !== undefined && finding.realm !== realm) return { verification: unknown, isCached, appId, handle };
    if (verification.valid && this.#uses.isDue(handle, this.#clock.now()))
      await this.#use({ appId, handle, expiresAt: verification.expiresAt });
    return { verification, isCached, appId, handle };
  }

  /** @returns undefined for what is no key: nothing is asked then */
  async #findParsed(text: string, handle: KeyHandle): Promise<Finding | undefined> {
    const parsed = parseApiKeyId(text, this.#settings.prefixes);
    return parsed && this.#find({ appId: parsed.appId, handle });
  }

  /** What does not hold is forgotten: were the clock put back, it would hold again later. */
  #recall(findings: LruMap<KeyHandle, Finding>, handle: KeyHandle): Finding | undefined {
    const finding = findings.get(handle);
    if (!finding || this.#holds(finding)) return finding;
    findings.delete(handle);
    return undefined;
  }

  #holds({ from, until }: Finding): boolean {
    const now = this.#clock.now();
    return from <= now && now < until;
  }

  async #find(key: KeyRef): Promise<Finding> {
    if (this.#settings.cacheSeconds === 0) return this.#look(key);
    this.#turn += 1;
    const arrival = this.#turn;
    for (;;) {
      const { turn, finding } = this.#readings.get(key.handle) ?? this.#startReading(key);
      const isLater = turn > arrival;
      const found = await finding.catch((why) => {
        if (isLater) throw why;
      });
      if (found && (isLater || (found.verification.valid && this.#holds(found)))) return found;
    }
  }

  #startReading(key: KeyRef): Reading {
    this.#turn += 1;
    const finding = this.#look(key).finally(() => this.#readings.delete(key.handle));
    const reading = { turn: this.#turn, finding };
    this.#readings.set(key.handle, reading);
    return reading;
  }

  async #look({ appId, handle }: KeyRef): Promise<Finding> {
    const { partition, cacheSeconds } = this.#settings;
    const { app, from } = await this.#read(appId);
    const verification = verificationOf(app, handle, { now: this.#clock.now(), partition });
    const cacheMs = verification.valid ? cacheSeconds * 1_000 : refusedMs;
    const expiresAt = verification.valid && verification.expiresAt !== never ? verification.expiresAt : undefined;
    const finding = {
      verification,
      appId,
      realm: app?.realm,
      from,
      until: Math.min(from + cacheMs, expiresAt ?? Number.POSITIVE_INFINITY),
    };
    if (cacheSeconds > 0) (verification.valid ? this.#accepted : this.#refused).set(handle, finding);
    return finding;
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
      .catch(() => {}); // of a warning that fails nobody can be warned
    await Promise.race([written, this.#clock.sleep(useMs)]);
  }
}
