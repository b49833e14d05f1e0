import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { operations } from '../../../lib/contract/operations.ts';
import type { ApiKeyInput } from '../../../lib/domain/api-key.ts';
import type { KeyHandle } from '../../../lib/domain/api-key-id.ts';
import { type App, deleteApp, patchApp } from '../../../lib/domain/app.ts';
import { ApiError } from '../../../lib/domain/errors.ts';
import { grant, revoke } from '../../../lib/domain/grants.ts';
import { requestId } from '../../../lib/domain/idempotency.ts';
import { attachIssuer, detachIssuer } from '../../../lib/domain/issuers.ts';
import { deleteAllKeys, deleteKey, editKey } from '../../../lib/domain/keys-of-app.ts';
import { callerRightsOn } from '../../../lib/domain/policy.ts';
import type { RotationInput } from '../../../lib/domain/rotation.ts';
import { type Mac, openMac } from '../../../lib/service/kms.ts';
import { type ChangingCall, change } from '../../../lib/service/use-cases/change.ts';
import { generate, type NewApiKey } from '../../../lib/service/use-cases/generate.ts';
import { rotate } from '../../../lib/service/use-cases/rotate.ts';
import { openTable } from '../../../lib/store/dynamodb.ts';
import type { Attempt, Table, Update } from '../../../lib/store/table.ts';
import { startService, type TestService } from '../../support/service.ts';
import { testSettings } from '../../support/settings.ts';
import { handleIn, isFull, requireSound, runs } from './support.ts';

let service: TestService;
let table: Table;
let mac: Mac;

beforeAll(async () => {
  service = await startService();
  table = openTable(service.tableName);
  mac = openMac('alias/appkeys-test');
});

type Fault = 'none' | 'loseAnswer' | 'loseRequest';

/** The real table, which keeps every write that may have left a copy on its way. */
interface RecordingTable extends Table {
  /** what becomes of each of the next writes; then `none` */
  faults: Fault[];
  readonly writes: Update[];
  /** called before each write: something that arrives late, just then */
  beforeWrite: () => Promise<void>;
}

function recordingTable(): RecordingTable {
  const recording: RecordingTable = {
    ...table,
    faults: [],
    writes: [],
    beforeWrite: async () => {},
    async attemptUpdate(update) {
      await recording.beforeWrite();
      const fault = recording.faults.shift() ?? 'none';
      const attempt: Attempt =
        fault === 'loseRequest' ? { outcome: 'unknown', error: new Error('lost') } : await table.attemptUpdate(update);
      if (fault !== 'none' || attempt.outcome === 'applied') recording.writes.push(update);
      return fault === 'none' ? attempt : { outcome: 'unknown', error: new Error('lost') };
    },
  };
  return recording;
}

/** One application whose changes go through a table that remembers them; time is real, and may be ahead. */
class Subject {
  readonly app: App;
  readonly table = recordingTable();
  aheadMs = 0;

  constructor(app: App) {
    this.app = app;
  }

  call(id: keyof typeof operations): ChangingCall {
    const caller = { principal: 'demo', issuer: 'i', realm: 'myrealm', permissions: [], hasProjectScope: false };
    const now = () => Date.now() + this.aheadMs;
    const deadline = { at: now() + 8_000, now, sleep: async () => {}, random: () => 0 };
    const settings = testSettings();
    const operation = operations[id];
    return { settings, table: this.table, mac, operation, caller, app: this.app, correlationId: 'c', deadline };
  }

  async generate(input: Partial<ApiKeyInput> = {}, idempotencyKey?: string): Promise<KeyHandle> {
    const call = this.call('generateApiKey');
    const callerRights = () => callerRightsOn(this.app, call.caller, 'here');
    const request = idempotencyKey === undefined ? undefined : requestId([this.app.appId, idempotencyKey]);
    const wanted = {
      app: this.app,
      input: { name: 'x', ...input },
      by: 'demo',
      callerRights,
      correlationId: 'c',
      request,
    };
    return madeBy(await generate(call, wanted));
  }

  async rotate(from: KeyHandle, input: RotationInput = {}, idempotencyKey?: string): Promise<KeyHandle> {
    const request = idempotencyKey === undefined ? undefined : requestId([this.app.appId, from, idempotencyKey]);
    return madeBy(await rotate(this.call('rotateApiKey'), from, input, request));
  }

  change(id: keyof typeof operations, edit: Parameters<typeof change>[1]): Promise<App> {
    return change(this.call(id), edit);
  }

  item(): Promise<App> {
    return service.item(this.app);
  }

  /** Drops all tombstones and records of requests, which no condition may depend on. */
  async forget(): Promise<void> {
    const { appId } = this.app;
    await service.seed({ ...(await this.item()), appId, removed: {}, requests: {} });
  }

  /** Delivers every write once more, in this order and backwards. */
  async deliverAgain(writes: readonly Update[] = this.table.writes): Promise<Attempt['outcome'][]> {
    const outcomes: Attempt['outcome'][] = [];
    for (const update of [...writes, ...writes.toReversed()])
      outcomes.push((await table.attemptUpdate(update)).outcome);
    return outcomes;
  }
}

function madeBy({ body }: NewApiKey): KeyHandle {
  return handleIn(body.apiKey);
}

async function newSubject(): Promise<Subject> {
  return new Subject(await service.seed());
}

/** Late copies of everything so far are refused, and change nothing. */
async function expectNothingOf(subject: Subject): Promise<void> {
  const before = await subject.item();
  const outcomes = await subject.deliverAgain();
  expect(outcomes).toEqual(outcomes.map(() => 'refused'));
  expect(await subject.item()).toEqual(before);
}

const inAnHour = () => Date.now() + 3_600_000;
const inAMinute = () => Date.now() + 60_000;
const afterThatMs = 66_000;

/** Every way to make a key; those of rotation make its predecessor as well. */
const makers: Record<string, (subject: Subject) => Promise<KeyHandle>> = {
  generation: (subject) => subject.generate({ expiresAt: inAMinute() }),
  'generation with Idempotency-Key': (subject) => subject.generate({ expiresAt: inAMinute() }, 'g'),
  rotation: async (subject) => subject.rotate(await subject.generate({ expiresAt: inAMinute() })),
  'rotation with Idempotency-Key': async (subject) =>
    subject.rotate(await subject.generate({ expiresAt: inAMinute() }), {}, 'r'),
  'rotation with overlap': async (subject) =>
    subject.rotate(await subject.generate({ expiresAt: inAMinute() }), { overlapSeconds: 1 }),
};

/** Every way in which a key ends. */
const endings: Record<string, (subject: Subject, handle: KeyHandle) => Promise<unknown>> = {
  'its deletion': (subject, handle) => subject.change('deleteApiKey', (app, made) => deleteKey(app, handle, made)),
  'the deletion of all': (subject) => subject.change('deleteApiKeys', deleteAllKeys),
  'its replacement': async (subject) => {
    const { keyCount } = await subject.item();
    if (keyCount < 2) await subject.generate();
    subject.aheadMs = afterThatMs;
    await subject.generate();
  },
  'its rotation': async (subject, handle) => {
    await subject.rotate(handle);
  },
  'its rotation after it expired': async (subject, handle) => {
    const { keyCount } = await subject.item();
    if (keyCount < 2) await subject.generate({ expiresAt: inAMinute() });
    subject.aheadMs = afterThatMs;
    await subject.rotate(handle, { overlapSeconds: 60, expiresAt: -1 });
  },
  'an issuer that took the place of expired keys': async (subject) => {
    subject.aheadMs = afterThatMs;
    await subject.change('putIssuer', (app, made) => attachIssuer(app, 'https://one.example', made));
  },
  'the end of its application': (subject) => subject.change('deleteApp', deleteApp),
};

describe('a removed key never comes back', () => {
  const cases = Object.keys(makers).flatMap((maker) => Object.keys(endings).map((ending) => ({ maker, ending })));

  it.each(cases)('$maker, late, after $ending, with every tombstone and record dropped', async ({ maker, ending }) => {
    for (const fault of ['none', 'loseAnswer', 'loseRequest'] as const) {
      const subject = await newSubject();
      subject.table.faults = maker.startsWith('generation') ? [fault] : ['none', fault];
      const handle = await makers[maker]?.(subject);
      const creations = [...subject.table.writes];
      expect(handle && (await subject.item()).keys[handle]).toBeDefined();
      await endings[ending]?.(subject, handle ?? expect.fail());
      await subject.forget();
      const before = await subject.item();
      expect(handle && before.keys[handle]).toBeUndefined();
      expect(new Set(await subject.deliverAgain(creations))).toEqual(new Set(['refused']));
      expect(await subject.item()).toEqual(before);
      await expectNothingOf(subject);
    }
  });

  it('a creation that was rejected after it was lost, late, after a slot became free', async () => {
    const subject = await newSubject();
    const handles = [await subject.generate(), await subject.generate()];
    subject.table.faults = ['loseRequest'];
    await expect(subject.generate()).rejects.toMatchObject({ code: '409303' });
    await subject.change('deleteApiKey', (app, made) => deleteKey(app, handles[0], made));
    await expectNothingOf(subject);
  });

  it('a rotation that was lost, late, after another change came first and it was made anew', async () => {
    const subject = await newSubject();
    const handle = await subject.generate();
    subject.table.faults = ['loseRequest'];
    subject.table.beforeWrite = async () => {
      subject.table.beforeWrite = async () => {};
      await table.attemptUpdate(await renamingOf(subject));
    };
    await expect(subject.rotate(handle)).resolves.toBeDefined();
    await expectNothingOf(subject);
  });
});

/** @returns the write of a change by another, not yet sent */
async function renamingOf(subject: Subject): Promise<Update> {
  const other = new Subject(subject.app);
  other.table.faults = ['loseRequest'];
  other.table.beforeWrite = async () => {
    if (other.table.writes.length > 0) throw new Error('kept');
  };
  await other.change('updateApp', (app) => patchApp(app, { name: randomUUID() })).catch(() => {});
  return other.table.writes[0] ?? expect.fail('no write');
}

/** Two changes of which the later undoes the earlier. */
const opposites: Record<
  string,
  [(subject: Subject, key: KeyHandle) => Promise<unknown>, (subject: Subject, key: KeyHandle) => Promise<unknown>]
> = {
  'enable, disable': [enabling(true), enabling(false)],
  'disable, enable': [enabling(false), enabling(true)],
  'rename, rename': [renaming('one'), renaming('other')],
  'expire, never expire': [expiring(inAnHour()), expiring(-1)],
  'never expire, expire': [expiring(-1), expiring(inAnHour())],
  'grant, revoke': [
    (subject) => subject.change('putGrant', (app) => grant(app, 'other', ['write'])),
    (subject) => subject.change('deleteGrant', (app) => revoke(app, 'other')),
  ],
  'grant manage, grant read': [
    (subject) => subject.change('putGrant', (app) => grant(app, 'other', ['manage'])),
    (subject) => subject.change('putGrant', (app) => grant(app, 'other', ['read'])),
  ],
  'revoke, grant': [
    async (subject) => {
      await subject.change('putGrant', (app) => grant(app, 'other', ['write']));
      await subject.change('deleteGrant', (app) => revoke(app, 'other'));
    },
    (subject) => subject.change('putGrant', (app) => grant(app, 'other', ['write'])),
  ],
  'deactivate, activate': [turning('deactivated'), turning('active')],
  'activate, deactivate': [turning('active'), turning('deactivated')],
  'narrow, widen': [ceiling(['read']), ceiling(null)],
  'widen, narrow': [ceiling(['pay', 'read']), ceiling(['pay'])],
  'give a scope, narrow': [
    (subject, key) => subject.change('updateApiKey', (app) => editKey(app, key, { scopes: ['pay'] })),
    ceiling(['read']),
  ],
  'delete, generate': [
    (subject, key) => subject.change('deleteApiKey', (app, made) => deleteKey(app, key, made)),
    (subject) => subject.generate(),
  ],
  'delete all, generate': [
    (subject) => subject.change('deleteApiKeys', deleteAllKeys),
    (subject) => subject.generate(),
  ],
  'attach, detach': [
    async (subject) => {
      await subject.change('deleteApiKeys', deleteAllKeys);
      await attaching(subject);
    },
    (subject) => subject.change('deleteIssuer', (app) => detachIssuer(app, 'https://one.example')),
  ],
  'detach, attach': [
    async (subject) => {
      await subject.change('deleteApiKeys', deleteAllKeys);
      await attaching(subject);
      await subject.change('deleteIssuer', (app) => detachIssuer(app, 'https://one.example'));
    },
    attaching,
  ],
  'rename the application, delete it': [
    (subject) => subject.change('updateApp', (app) => patchApp(app, { name: 'late' })),
    (subject) => subject.change('deleteApp', deleteApp),
  ],
  'rotate, delete': [
    (subject, key) => subject.rotate(key, { overlapSeconds: 60 }),
    (subject, key) => subject.change('deleteApiKey', (app, made) => deleteKey(app, key, made)),
  ],
};

function enabling(enabled: boolean) {
  return (subject: Subject, key: KeyHandle) => subject.change('enableApiKey', (app) => editKey(app, key, { enabled }));
}

function renaming(name: string) {
  return (subject: Subject, key: KeyHandle) => subject.change('updateApiKey', (app) => editKey(app, key, { name }));
}

function expiring(expiresAt: number) {
  return (subject: Subject, key: KeyHandle) =>
    subject.change('updateApiKey', (app) => editKey(app, key, { expiresAt }));
}

function turning(status: 'active' | 'deactivated') {
  return (subject: Subject) => subject.change('updateApp', (app) => patchApp(app, { status }));
}

function ceiling(scopes: readonly string[] | null) {
  return (subject: Subject) => subject.change('updateApp', (app) => patchApp(app, { scopes }));
}

function attaching(subject: Subject): Promise<App> {
  return subject.change('putIssuer', (app, made) => attachIssuer(app, 'https://one.example', made));
}

describe('a late copy of an acknowledged change does not undo a newer one', () => {
  const cases = Object.keys(opposites).flatMap((pair) =>
    (['none', 'loseAnswer', 'loseRequest'] as const).map((fault) => ({ pair, fault })),
  );

  it.each(cases)('$pair, the earlier one with fault $fault', async ({ pair, fault }) => {
    const subject = await newSubject();
    const key = await subject.generate();
    const [older, newer] = opposites[pair] ?? expect.fail();
    subject.table.faults = [fault];
    await older(subject, key);
    const late = subject.table.writes.slice(1);
    await newer(subject, key);
    const before = await subject.item();
    expect(await subject.deliverAgain(late)).toEqual([...late, ...late].map(() => 'refused'));
    expect(await subject.item()).toEqual(before);
    await expectNothingOf(subject);
  });
});

/** One change of a random life; `pick` says of which key. */
const steps: Record<string, (subject: Subject, key: KeyHandle, pick: number) => Promise<unknown>> = {
  generate: (subject, _, pick) => subject.generate({ name: `name ${pick}` }),
  'generate, to expire': (subject) => subject.generate({ expiresAt: Date.now() + subject.aheadMs + 10_000 }),
  'generate with Idempotency-Key': (subject, _, pick) => subject.generate({}, `g${pick}`),
  rotate: (subject, key) => subject.rotate(key, { expiresAt: -1 }),
  'rotate with overlap': (subject, key) => subject.rotate(key, { overlapSeconds: 5, expiresAt: -1 }),
  'rotate with Idempotency-Key': (subject, key, pick) => subject.rotate(key, { expiresAt: -1 }, `r${pick}`),
  delete: (subject, key) => subject.change('deleteApiKey', (app, made) => deleteKey(app, key, made)),
  'delete all': (subject) => subject.change('deleteApiKeys', deleteAllKeys),
  enable: enabling(true),
  disable: enabling(false),
  rename: (subject, key, pick) => renaming(`name ${pick}`)(subject, key),
  revive: expiring(-1),
  deactivate: turning('deactivated'),
  activate: turning('active'),
  attach: attaching,
  detach: (subject) => subject.change('deleteIssuer', (app) => detachIssuer(app, 'https://one.example')),
  grant: (subject, _, pick) => subject.change('putGrant', (app) => grant(app, `p${pick}`, ['read'])),
  revoke: (subject, _, pick) => subject.change('deleteGrant', (app) => revoke(app, `p${pick}`)),
  wait: async (subject) => {
    subject.aheadMs += 8_000;
  },
};
const likely = [
  'generate',
  'rotate',
  'rotate with overlap',
  'generate, to expire',
  'delete',
  'detach',
  'activate',
  'wait',
];

const step = fc.record({
  name: fc.oneof(fc.constantFrom(...Object.keys(steps)), fc.constantFrom(...likely)),
  pick: fc.nat(2),
  faults: fc.array(fc.constantFrom<Fault>('none', 'loseAnswer', 'loseRequest'), { maxLength: 3 }),
  /** which of the earlier writes arrive again, each before a write of this step */
  late: fc.array(fc.nat(), { maxLength: 4 }),
});

describe('any life, with late copies all along', () => {
  it('each late copy does nothing: not between the attempts of later changes, and not after them', async () => {
    let delivered = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 25, size: 'max' }), async (life) => {
        const subject = await newSubject();
        const owned = new Set<unknown>();
        const everRemoved = new Set<string>();
        for (const { name, pick, faults, late } of life) {
          const earlier = [...subject.table.writes];
          const arriving = late.flatMap((nth) => earlier[nth % (earlier.length || 1)] ?? []);
          subject.table.faults = [...faults];
          subject.table.beforeWrite = async () => {
            const update = arriving.shift();
            delivered += update ? 1 : 0;
            if (update) expect(await table.attemptUpdate(update)).toMatchObject({ outcome: 'refused' });
          };
          const before = Object.keys((await subject.item()).keys);
          const key = (before[pick % (before.length || 1)] ?? 'none') as KeyHandle;
          owned.add(await steps[name]?.(subject, key, pick).catch(ignoreRefusal));
          const { keys } = await subject.item();
          for (const handle of before) if (!Object.hasOwn(keys, handle)) everRemoved.add(handle);
        }
        await expectNothingOf(subject);
        const item = await subject.item();
        requireSound(item);
        expect(Object.keys(item.keys).filter((handle) => everRemoved.has(handle) || !owned.has(handle))).toEqual([]);
      }),
      runs(isFull ? 500 : 30),
    );
    expect(delivered).toBeGreaterThan(100);
  }, 600_000);
});

function ignoreRefusal(error: unknown): void {
  if (!(error instanceof ApiError) || error.code === '503000') throw error;
}
