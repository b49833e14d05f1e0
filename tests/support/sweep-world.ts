import { createHmac } from 'node:crypto';
import { generateApiKey, rotateApiKey, updateApiKey } from '../../lib/contract/operations.ts';
import type { ApiKeyInput } from '../../lib/domain/api-key.ts';
import type { KeyHandle } from '../../lib/domain/api-key-id.ts';
import { type App, newApp } from '../../lib/domain/app.ts';
import { type ApiKeyPatch, deleteKey, patchKey, requireKey } from '../../lib/domain/keys-of-app.ts';
import { type Caller, callerRightsOn } from '../../lib/domain/policy.ts';
import type { RotationInput } from '../../lib/domain/rotation.ts';
import { type BusEntry, type EventBus, maxEntries } from '../../lib/service/event-bus.ts';
import type { KeyNotice } from '../../lib/service/events/notice-event.ts';
import { announcer } from '../../lib/service/events/sweeper.ts';
import { lifetimeOf, type Settings } from '../../lib/service/settings.ts';
import { type ChangingCall, change } from '../../lib/service/use-cases/change.ts';
import { generate } from '../../lib/service/use-cases/generate.ts';
import { rotate } from '../../lib/service/use-cases/rotate.ts';
import { type Swept, sweep } from '../../lib/service/use-cases/sweep.ts';
import { appKey, appOf } from '../../lib/store/app-item.ts';
import { recordUse } from '../../lib/store/last-used.ts';
import type { Deadline } from '../../lib/store/settle.ts';
import type { Item, Table } from '../../lib/store/table.ts';
import { MemoryTable, openMemoryTable, type Write } from '../evidence/interleavings/memory-table.ts';
import { handleIn } from '../evidence/properties/support.ts';
import { type SettingsParts, testSettings } from './settings.ts';

const partition = 'here';
const hourMs = 3_600_000;
const caller: Caller = {
  principal: 'demo',
  realm: 'myrealm',
  issuer: 'https://issuer.test',
  permissions: ['account:manage:*'],
  hasProjectScope: false,
};
const mac = async (message: Uint8Array) => createHmac('sha256', 'service key').update(message).digest();

/** What came on the bus, and when. */
export interface Announced extends KeyNotice {
  readonly sentAt: number;
}

/** A table in memory with the index of the sweep, an event bus, and a clock of its own: the service without AWS. */
export class SweepWorld {
  readonly settings: Settings;
  readonly table: Table;
  /** ms since the epoch; stands still unless somebody moves it */
  now = Date.UTC(2030, 0, 1);
  isBusUp = true;
  readonly announced: Announced[] = [];
  /** how many requests the table had */
  requests = 0;
  readonly #memory = new MemoryTable();
  readonly #due = new Map<string, Map<string, number>>();
  #made = 0;

  /** @param eventBus null: there is none. @param mirror is sent what the table is sent, but for queries, to be measured */
  constructor(settings: SettingsParts = {}, eventBus: string | null = 'audit', mirror?: Table) {
    this.settings = testSettings({ ...(eventBus !== null && { eventBus }), ...settings });
    this.table = mirror ? mirrored(this.#open(), mirror) : this.#open();
  }

  /** Creates an application. @returns its ID */
  createApp(): string {
    const app = this.#newApp();
    this.put(app);
    return app.appId;
  }

  /** The same, also in the mirror. */
  async createMirrored(): Promise<string> {
    const { appId, ...attributes } = this.#newApp();
    await this.table.attemptPut({ Item: { ...appKey(appId), ...attributes } });
    return appId;
  }

  #newApp(): App {
    this.#made += 1;
    const appId = `app${this.#made}`;
    return newApp({ appId, realm: 'myrealm', name: 'x', owner: 'demo', now: this.now, op: appId, correlationId: 'c' });
  }

  /** What a restored backup leaves, too. */
  put({ appId, ...attributes }: App): void {
    this.#write({ kind: 'put', put: { Item: { ...appKey(appId), ...attributes } } });
  }

  app(appId: string): App {
    const app = appOf(this.#memory.get(appKey(appId)));
    if (!app) throw new Error('there is no such application');
    return app;
  }

  async generate(appId: string, input: Partial<ApiKeyInput> = {}): Promise<KeyHandle> {
    const call = this.#call(appId, generateApiKey);
    const callerRights = () => callerRightsOn(call.app, caller, partition);
    const asked = { ...call, input: { name: 'x', ...input }, by: 'demo', callerRights, request: undefined };
    return handleIn((await generate(call, asked)).body.apiKey);
  }

  async rotate(appId: string, handle: KeyHandle, input: RotationInput = {}): Promise<KeyHandle> {
    return handleIn((await rotate(this.#call(appId, rotateApiKey), handle, input, undefined)).body.apiKey);
  }

  async patch(appId: string, handle: KeyHandle, patch: ApiKeyPatch): Promise<void> {
    const lifetime = lifetimeOf(this.settings, 'myrealm');
    const edit = (app: App) => patchKey(app, handle, patch, { now: this.now, lifetime });
    await change(this.#call(appId, updateApiKey), edit, handle);
  }

  async delete(appId: string, handle: KeyHandle): Promise<void> {
    await change(this.#call(appId, updateApiKey), (app, made) => deleteKey(app, handle, made), handle);
  }

  /** Writes down a use, as a verifier does. @param at by the verifier's clock */
  async use(appId: string, handle: KeyHandle, at = this.now): Promise<void> {
    const { expiresAt } = requireKey(this.app(appId), handle);
    await recordUse(this.table, { appId, handle, at, periodMs: hourMs, expiresAt });
  }

  /** Runs the sweep. @param parts what is otherwise than usual */
  sweep({ table = this.table, now = this.now, hasTime = () => true }: SweepParts = {}): Promise<Swept> {
    const announce = this.settings.eventBus === undefined ? undefined : announcer(this.#bus, partition);
    const sweeper = { table, settings: this.settings, announce };
    return sweep(sweeper, { now, hasTime, newDeadline: () => this.deadline(now) });
  }

  /** Lets so many ms pass, with a sweep in each hour. */
  async pass(ms: number): Promise<void> {
    for (const end = this.now + ms; this.now < end; ) {
      this.now = Math.min(end, this.now + hourMs);
      await this.sweep();
    }
  }

  deadline(now = this.now): Deadline {
    return { at: now + 8_000, now: () => now, sleep: async () => {}, random: () => 0 };
  }

  #call(appId: string, operation: ChangingCall['operation']): ChangingCall {
    const { settings, table } = this;
    const app = { realm: 'myrealm', appId };
    return { settings, table, mac, operation, caller, app, correlationId: 'c', deadline: this.deadline() };
  }

  readonly #bus: EventBus = async (entries) => {
    if (entries.length > maxEntries) throw new Error('too many entries');
    if (!this.isBusUp) throw new Error('the bus is down');
    this.announced.push(...entries.map((entry) => this.#received(entry)));
    return entries.map(() => undefined);
  };

  #received({ Detail = '' }: BusEntry): Announced {
    return { ...(JSON.parse(Detail) as KeyNotice), sentAt: this.now };
  }

  #open(): Table {
    const table = openMemoryTable(this.#memory);
    return {
      ...table,
      attemptUpdate: async (update) => this.#write({ kind: 'update', update }),
      attemptPut: async (put) => this.#write({ kind: 'put', put }),
      attemptGet: (...read) => {
        this.requests += 1;
        return table.attemptGet(...read);
      },
      attemptBatchGet: async (keys) => {
        this.requests += 1;
        return { outcome: 'read', found: keys.flatMap((key): Item[] => [this.#memory.get(key) ?? []].flat()) };
      },
      attemptQuery: async ({ ExpressionAttributeValues: values = {}, ExclusiveStartKey: last, Limit = 100 }) => {
        this.requests += 1;
        const due = [...(this.#due.get(values[':shard']) ?? [])].filter(([, at]) => at <= values[':now']);
        const sorted = due.sort(([one, at], [other, otherAt]) => at - otherAt || (one < other ? -1 : 1));
        const from = last ? sorted.findIndex(([pk]) => pk === last.pk) + 1 : 0;
        const page = sorted.slice(from, from + Limit);
        return { outcome: 'read', found: page.map(([pk, dueAt]): Item => ({ pk, sk: 'app', dueAt })) };
      },
    };
  }

  #write(write: Write): ReturnType<MemoryTable['write']> {
    this.requests += 1;
    const attempt = this.#memory.write(write);
    const { pk, sk } =
      write.kind === 'update'
        ? write.update.Key
        : ((write.kind === 'put' ? write.put.Item : write.remove.Key) as never);
    const item = this.#memory.get({ pk, sk });
    for (const part of this.#due.values()) part.delete(pk);
    if (sk !== 'app' || item?.dueShard === undefined) return attempt;
    const shard = String(item.dueShard);
    this.#due.set(shard, (this.#due.get(shard) ?? new Map()).set(pk, Number(item.dueAt)));
    return attempt;
  }
}

export interface SweepParts {
  readonly table?: Table;
  readonly now?: number;
  readonly hasTime?: () => boolean;
}

/** Every request but queries goes to both tables, and both must answer alike. */
function mirrored(table: Table, mirror: Table): Table {
  const both = async <Answer extends { readonly outcome: string }>(one: Promise<Answer>, other: Promise<Answer>) => {
    const [answer, mirroredAnswer] = await Promise.all([one, other]);
    if (answer.outcome !== mirroredAnswer.outcome) throw new Error(`the mirror says ${mirroredAnswer.outcome}`);
    return answer;
  };
  return {
    ...table,
    attemptUpdate: (update) => both(table.attemptUpdate(update), mirror.attemptUpdate(update)),
    attemptPut: (put) => both(table.attemptPut(put), mirror.attemptPut(put)),
    attemptGet: (...read) => both(table.attemptGet(...read), mirror.attemptGet(...read)),
    attemptBatchGet: (keys) => both(table.attemptBatchGet(keys), mirror.attemptBatchGet(keys)),
  };
}
