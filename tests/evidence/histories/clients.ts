import type { Invoke } from '../../support/handlers.ts';
import type { Body, CallId, ModelCall, Who } from '../properties/model.ts';
import { type Entry, type History, unavailable } from './history.ts';
import { owner, writer } from './one-application.ts';

/** What a client calls next: what of, and how often among others. */
export const anyCalls = {
  generateApiKey: 24,
  deleteApiKey: 16,
  rotateApiKey: 12,
  listApiKeys: 8,
  updateApiKey: 8,
  disableApiKey: 6,
  enableApiKey: 5,
  revokeApiKey: 5,
  getApiKey: 4,
  deleteApiKeys: 2,
  deactivate: 3,
  activate: 6,
  narrow: 9,
  widen: 4,
  getApp: 2,
  putGrant: 4,
  deleteGrant: 2,
  deleteApp: 0.5,
} as const satisfies Partial<Record<CallId | 'activate' | 'deactivate' | 'narrow' | 'widen', number>>;

type Choice = keyof typeof anyCalls;
export type Likelihoods = Partial<Record<Choice, number>>;

/** Mostly what changes something. */
export const mostlyWrites: Likelihoods = {
  generateApiKey: 30,
  deleteApiKey: 18,
  rotateApiKey: 25,
  updateApiKey: 20,
  disableApiKey: 6,
  enableApiKey: 6,
  revokeApiKey: 5,
  listApiKeys: 2,
  deactivate: 1,
  activate: 4,
  narrow: 4,
  widen: 3,
  putGrant: 5,
  deleteGrant: 3,
  deleteApp: 0.1,
};

const hourMs = 3_600_000;
const begun = Date.now();

/** Sends calls on one application, one after the other, as its random numbers say. */
export class Client {
  readonly #number: number;
  readonly #history: History;
  readonly #random: () => number;
  readonly #likelihoods: Likelihoods;
  readonly #send: (who: Who) => (id: CallId) => Parameters<History['record']>[3];

  /** @param tokens Authorization headers by principal */
  constructor(
    number: number,
    history: History,
    random: () => number,
    invoke: Invoke,
    tokens: Readonly<Record<string, string>>,
    likelihoods: Likelihoods,
  ) {
    this.#number = number;
    this.#history = history;
    this.#random = random;
    this.#likelihoods = likelihoods;
    this.#send = (who) => (id) => (request) => {
      const Authorization = tokens[who.principal] ?? '';
      return invoke(id, { ...request, headers: { ...request.headers, Authorization } });
    };
  }

  /**
   * Makes one call, and mostly the same once more where it may be repeated, and is not known to be done.
   * @param mayRepeat whether there is one more call to be made
   */
  async act(mayRepeat: () => boolean): Promise<void> {
    const call = this.#choose();
    let entry = await this.make(call);
    while (call.idempotencyKey !== undefined && isUnanswered(entry) && this.#random() < 0.8 && mayRepeat()) {
      entry = await this.make(call);
    }
  }

  make(call: ModelCall): Promise<Entry> {
    return this.#history.record(this.#number, call, nameOf(call), this.#send(call.who)(call.id));
  }

  #choose(): ModelCall {
    const choice = this.#chooseWeighted();
    const who = this.#random() < 0.7 || choice === 'deleteApp' || choice.endsWith('Grant') ? owner : writer;
    if (choice === 'activate' || choice === 'deactivate') {
      return { id: 'updateApp', who, body: { status: choice === 'activate' ? 'active' : 'deactivated' } };
    }
    if (choice === 'narrow' || choice === 'widen') return { id: 'updateApp', who, body: this.#ceiling(choice) };
    if (choice === 'generateApiKey' || choice === 'rotateApiKey') return this.#making(choice, who);
    if (choice === 'putGrant') {
      const actions = this.#random() < 0.7 ? (['write'] as const) : (['read'] as const);
      return { id: choice, who, subject: writer.principal, body: { actions } };
    }
    if (choice === 'deleteGrant') return { id: choice, who, subject: writer.principal };
    if (!choice.endsWith('ApiKey')) return { id: choice, who };
    const key = this.#chooseKey();
    if (choice === 'revokeApiKey') return { id: choice, who, key: this.#history.names.secretOf(key) ? key : 'none' };
    return { id: choice, who, key, ...(choice === 'updateApiKey' && { body: this.#edit(key) }) };
  }

  #making(id: 'generateApiKey' | 'rotateApiKey', who: Who): ModelCall {
    const key = id === 'rotateApiKey' ? { key: this.#chooseKey() } : {};
    const nth = Math.floor(this.#random() * 3);
    const isRepeatable = this.#random() < 0.4;
    const request = [who.principal, id, key.key ?? '', nth].join(' ');
    const name = this.#history.names.ofRequest(isRepeatable ? request : undefined);
    const overlap = id === 'rotateApiKey' && this.#random() < 0.3 ? { overlapSeconds: 1_800 } : {};
    // A request is repeated with the body that it had, but for a few.
    const enabled = id === 'generateApiKey' && this.#random() < 0.08 ? { enabled: false } : {};
    const body: Body = isRepeatable
      ? { name, ...enabled, ...(nth === 0 && { scopes: ['pay'] }) }
      : { name, ...enabled, ...overlap, ...this.#scopes() };
    return { id, who, ...key, body, ...(isRepeatable && { idempotencyKey: `request-${nth}` }) };
  }

  #scopes(): Body {
    return this.#random() < 0.7 ? { scopes: this.#pick([['pay'], ['read', 'pay'], []]) } : {};
  }

  #ceiling(choice: 'narrow' | 'widen'): Body {
    return { scopes: this.#pick(choice === 'narrow' ? [['read'], ['pay'], []] : [null, ['read', 'pay']]) };
  }

  #pick<T>(all: readonly T[]): T {
    return all[Math.floor(this.#random() * all.length)] as T;
  }

  #edit(key: string): Body {
    if (this.#random() < 0.3) return { scopes: this.#pick([['pay'], ['read'], []]) };
    const number = Math.floor(this.#random() * 1_000);
    const hours = Math.floor(this.#random() * 4);
    const isRenamed = this.#random() < 0.6;
    return isRenamed ? { name: `${key} ${number}` } : { expiresAt: hours === 0 ? -1 : begun + hours * hourMs };
  }

  /** One of the latest keys that anybody has seen, or one that never was. */
  #chooseKey(): string {
    const seen = this.#history.names.seen();
    const nth = Math.floor(this.#random() ** 3 * 5);
    return seen[nth] ?? seen[0] ?? 'none';
  }

  #chooseWeighted(): Choice {
    const total = Object.values(this.#likelihoods).reduce((sum, weight) => sum + weight, 0);
    let left = this.#random() * total;
    for (const [choice, weight] of Object.entries(this.#likelihoods)) {
      left -= weight;
      if (left < 0) return choice as Choice;
    }
    return 'generateApiKey';
  }
}

function isUnanswered({ answer }: Entry): boolean {
  return answer === undefined || ('code' in answer && answer.code === unavailable);
}

/** @returns the name of the key that a call makes */
function nameOf({ id, body }: ModelCall): string {
  return id === 'generateApiKey' || id === 'rotateApiKey' ? (body?.name ?? '') : '';
}
