import { formatApiKeyId } from '../../../lib/domain/api-key-id.ts';
import { formatApiKeyHrn, formatAppHrn } from '../../../lib/domain/hrn.ts';
import type { GatewayReply } from '../../../lib/service/http/exchange.ts';
import type { TestRequest } from '../../support/events.ts';
import { realm } from '../../support/handlers.ts';
import type { Action, Model, ModelCall, ModelKey } from '../properties/model.ts';
import { handleIn } from '../properties/support.ts';
import type { Timed } from './linearizability.ts';

/** A key as answers show it; times are ms since the epoch. The answer to a creation shows no `disabledReason`. */
export interface ShownKey extends Pick<ModelKey, 'name' | 'enabled' | 'expiresAt' | 'rotatedFrom' | 'scopes'> {
  readonly disabledReason?: ModelKey['disabledReason'] | 'unseen';
}

/** What the answer to a call shows of the application, as far as it shows it. */
export interface Shown {
  readonly keys?: Readonly<Record<string, ShownKey>>;
  readonly key?: { readonly name: string; readonly is: ShownKey };
  readonly app?: Pick<Model, 'name' | 'status' | 'ceiling'>;
  readonly grants?: Model['grants'];
}

export type Answer =
  | { readonly code: string }
  | { readonly status: number; readonly isReplayed: boolean; readonly shown: Shown };

/**
 * One call in the history of an application. Keys go by the name of the request that made them, so that a key whose
 * answer was lost is known when it is seen.
 */
export interface Entry extends Timed {
  readonly client: number;
  readonly call: ModelCall;
  /** name of the key that the call makes, if it makes one */
  readonly makes: string;
  /** ms since the epoch */
  readonly at: number;
  /** undefined where the outcome is unknown */
  readonly answer: Answer | undefined;
}

/** Whether a refusal says that the call may have been done; one that does not says that nothing was changed. */
function isUnknown({ statusCode, body }: GatewayReply): boolean {
  return statusCode === 503 && String(JSON.parse(body).cause).includes('not known');
}

/** The answer of a call that was not done, since a part that the service needs did not answer. */
export const unavailable = '503000';

/** @returns the same call, its outcome unknown */
export function forgotten(entry: Entry): Entry {
  return { ...entry, returned: Number.POSITIVE_INFINITY, answer: undefined };
}

let reports = 0;

export const noHandle = 'A'.repeat(43);
const partition = 'here';

/** Names of keys, made `k1`, `k2`, … by the requests that ask for them. The key's own `name` begins with it. */
class KeyNames {
  readonly #byRequest = new Map<string, string>();
  readonly #byHandle = new Map<string, string>();
  readonly #handles = new Map<string, string>();
  readonly #secrets = new Map<string, string>();
  #last = 0;

  /** @param request the same for all copies of a request with an Idempotency-Key */
  ofRequest(request: string | undefined): string {
    const known = request === undefined ? undefined : this.#byRequest.get(request);
    if (known !== undefined) return known;
    this.#last += 1;
    const name = `k${this.#last}`;
    if (request !== undefined) this.#byRequest.set(request, name);
    return name;
  }

  /** A second key of one request gets a name that no call makes. */
  ofHandle(handle: string, shownName: string): string {
    const known = this.#byHandle.get(handle);
    if (known !== undefined) return known;
    let [name = ''] = shownName.split(' ');
    while (this.#handles.has(name)) name = `${name}'`;
    this.#byHandle.set(handle, name);
    this.#handles.set(name, handle);
    return name;
  }

  /** @returns the name of a key that another is said to come from */
  ofPredecessor(handle: string): string {
    return this.#byHandle.get(handle) ?? 'unseen';
  }

  /** The answer that made the key told its secret. */
  hold(name: string, apiKeyId: string): void {
    this.#secrets.set(name, apiKeyId);
  }

  /** @returns undefined while nobody has seen the secret */
  secretOf(name: string): string | undefined {
    return this.#secrets.get(name);
  }

  handleOf(name: string): string {
    return this.#handles.get(name) ?? noHandle;
  }

  /** Names of the keys that were seen, the latest first. */
  seen(): string[] {
    return [...this.#handles.keys()].reverse();
  }
}

/** What was called on one application, and what came of it. */
export class History {
  readonly appId: string;
  readonly names = new KeyNames();
  readonly #entries: Entry[] = [];
  #clock = 0;

  constructor(appId: string) {
    this.appId = appId;
  }

  get entries(): readonly Entry[] {
    return this.#entries;
  }

  /** Makes a call, and writes down when it began, when it ended and what it answered. @returns the entry */
  async record(
    client: number,
    call: ModelCall,
    makes: string,
    send: (request: TestRequest) => Promise<GatewayReply>,
  ): Promise<Entry> {
    const [invoked, at] = [this.#tick(), Date.now()];
    const begun: Entry = { client, call, makes, at, invoked, returned: Number.POSITIVE_INFINITY, answer: undefined };
    const index = this.#entries.push(begun) - 1;
    const reply = await send(this.#requestOf(call));
    if (isUnknown(reply)) return begun;
    const entry = { ...begun, returned: this.#tick(), answer: this.#answerOf(call, reply) };
    this.#entries[index] = entry;
    return entry;
  }

  #tick(): number {
    this.#clock += 1;
    return this.#clock;
  }

  #requestOf({ id, key = '', ...call }: ModelCall): TestRequest {
    return id === 'revokeApiKey' ? this.#reportOf(key) : this.#requestAt({ ...call, ...(key && { key }) });
  }

  /** Each report is from an address of its own: there is a limit for each. */
  #reportOf(key: string): TestRequest {
    reports += 1;
    const apiKeyId = this.names.secretOf(key) ?? formatApiKeyId('ak', this.appId, Buffer.alloc(32));
    const source = `10.${reports >> 16}.${(reports >> 8) & 255}.${reports & 255}`;
    return { source, headers: { 'Content-Type': 'application/json' }, body: { apiKeyId } };
  }

  #requestAt({ key, subject, body, idempotencyKey }: Omit<ModelCall, 'id'>): TestRequest {
    const path = {
      app: encodeURIComponent(formatAppHrn({ realm, appId: this.appId }, partition)),
      ...(key !== undefined && {
        apiKey: encodeURIComponent(formatApiKeyHrn(realm, this.names.handleOf(key), partition)),
      }),
      ...(subject !== undefined && { principal: subject }),
    };
    const headers = {
      ...(body && { 'Content-Type': 'application/json' }),
      ...(idempotencyKey !== undefined && { 'Idempotency-Key': idempotencyKey }),
    };
    return { path, headers, ...(body && { body }) };
  }

  /** @throws Error for an answer that nothing ever allows */
  #answerOf(call: ModelCall, { statusCode: status, body, headers }: GatewayReply): Answer {
    if (status >= 500 && status !== 503) throw new Error(`${call.id} answered ${status}: ${body}`);
    const parsed = body === '' ? {} : JSON.parse(body);
    if (status >= 400) return { code: parsed.code };
    const shown = call.id === 'listGrants' ? { grants: grantsIn(parsed) } : this.#shownIn(parsed);
    return { status, isReplayed: headers['Idempotency-Replayed'] === 'true', shown };
  }

  #shownIn(body: ShownBody): Shown {
    const { items, apiKey, apiKeyId, clientId, name = '', status = 'active', scopes: ceiling } = body;
    if (items) return { keys: Object.fromEntries(items.map((item) => this.#shownKey(item))) };
    if (clientId !== undefined) return { app: { name, status, ceiling } };
    if (apiKey === undefined) return {};
    const [named, is] = this.#shownKey(body);
    if (apiKeyId === undefined) return { key: { name: named, is } };
    this.names.hold(named, apiKeyId);
    return { key: { name: named, is: { ...is, disabledReason: 'unseen' } } };
  }

  #shownKey(body: ShownBody): [string, ShownKey] {
    const { apiKey = '', name = '', enabled = true, expiresAt = 0, scopes = [], rotatedFrom, disabledReason } = body;
    const why = disabledReason === undefined ? {} : { disabledReason };
    const from = rotatedFrom === undefined ? {} : { rotatedFrom: this.names.ofPredecessor(handleIn(rotatedFrom)) };
    return [this.names.ofHandle(handleIn(apiKey), name), { name, enabled, expiresAt, scopes, ...from, ...why }];
  }
}

interface ShownBody extends Partial<Omit<ShownKey, 'name'>> {
  readonly items?: readonly ShownBody[];
  readonly apiKey?: string;
  readonly apiKeyId?: string;
  readonly clientId?: string;
  readonly name?: string;
  readonly status?: Model['status'];
}

interface ShownGrant {
  readonly principal: string;
  readonly actions: readonly Action[];
}

function grantsIn({ items }: { readonly items: readonly ShownGrant[] }): Model['grants'] {
  return Object.fromEntries(items.map(({ principal, actions }) => [principal, actions]));
}
