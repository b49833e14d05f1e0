import type { ApiKey } from '../../../lib/domain/api-key.ts';
import type { KeyHandle } from '../../../lib/domain/api-key-id.ts';
import { type App, newApp } from '../../../lib/domain/app.ts';
import { dueTimeOf } from '../../../lib/domain/due.ts';
import { sweepRulesOf } from '../../../lib/service/settings.ts';
import { appKey } from '../../../lib/store/app-item.ts';
import { memberItem } from '../../../lib/store/members.ts';
import type { Who } from '../properties/model.ts';
import { type AnyCall, type CreateCall, createdAppId, settings } from './calls.ts';
import { type Items, MemoryTable } from './memory-table.ts';

/** Calls that are made at once on an application that stands as given. */
export interface Scenario {
  readonly name: string;
  readonly start: Start;
  readonly calls: readonly NamedCall[];
}

export interface Start {
  readonly name: string;
  readonly appId: string;
  /** undefined: there is none yet */
  readonly app: App | undefined;
  readonly items: Items;
}

export interface NamedCall {
  readonly name: string;
  readonly call: AnyCall;
}

export const realm = 'myrealm';
export const startTime = Date.UTC(2030, 0, 1);

/** Each call has a clock of its own; they differ by up to 35 ms. @returns ms since the epoch */
export function clockOf(call: number): number {
  return startTime + ([0, 20, -15, 7][call] ?? 0);
}
const first = 'A'.repeat(43);
const second = 'B'.repeat(43);
const issuer = 'https://one.example';

/** Manages by what the token says, so that the grants are the worker's alone. */
const owner: Who = { principal: 'owner', realm, fromToken: ['manage'] };
/** May write as long as the application's grants say so. */
const worker: Who = { principal: 'worker', realm, fromToken: [] };

const creation: CreateCall = { id: 'createApp', who: owner, body: { name: 'made' }, idempotencyKey: 'create' };
const otherCreation: CreateCall = { ...creation, body: { name: 'made otherwise' } };

const overlap = { overlapSeconds: 60 };
const withKey = { idempotencyKey: 'same' };

/** Every call that changes something; those with an Idempotency-Key are copies of one request when made twice. */
export const changes = {
  generate: { id: 'generateApiKey', who: worker, body: { name: 'new' } },
  'generate again': { id: 'generateApiKey', who: worker, body: { name: 'new' }, ...withKey },
  'generate otherwise': { id: 'generateApiKey', who: worker, body: { name: 'otherwise' }, ...withKey },
  rotate: { id: 'rotateApiKey', who: worker, key: first, body: {} },
  'rotate again': { id: 'rotateApiKey', who: worker, key: first, body: {}, ...withKey },
  'rotate with overlap': { id: 'rotateApiKey', who: worker, key: first, body: overlap },
  delete: { id: 'deleteApiKey', who: worker, key: first },
  'delete all': { id: 'deleteApiKeys', who: worker },
  update: { id: 'updateApiKey', who: worker, key: first, body: { name: 'renamed' } },
  enable: { id: 'enableApiKey', who: worker, key: first },
  disable: { id: 'disableApiKey', who: worker, key: first },
  deactivate: { id: 'updateApp', who: owner, body: { status: 'deactivated' } },
  activate: { id: 'updateApp', who: owner, body: { status: 'active' } },
  deleteApp: { id: 'deleteApp', who: owner },
  grant: { id: 'putGrant', who: owner, subject: 'worker', body: { actions: ['read'] } },
  revoke: { id: 'deleteGrant', who: owner, subject: 'worker' },
  attach: { id: 'putIssuer', who: owner, subject: issuer },
  detach: { id: 'deleteIssuer', who: owner, subject: issuer },
} as const satisfies Record<string, AnyCall>;

/** A grant of other rights than `grant` gives. */
const otherGrant: AnyCall = { id: 'putGrant', who: owner, subject: 'worker', body: { actions: ['manage'] } };

const scope = { scopes: ['pay'] };

/** Calls that give a scope, and those that change which scopes can be given. */
export const scopings = {
  'generate with a scope': { id: 'generateApiKey', who: worker, body: { name: 'new', ...scope } },
  'generate with a scope again': { id: 'generateApiKey', who: worker, body: { name: 'new', ...scope }, ...withKey },
  'rotate to a scope': { id: 'rotateApiKey', who: worker, key: first, body: scope },
  'give a scope': { id: 'updateApiKey', who: worker, key: first, body: scope },
  narrow: { id: 'updateApp', who: owner, body: { scopes: ['read'] } },
  widen: { id: 'updateApp', who: owner, body: { scopes: null } },
} as const satisfies Record<string, AnyCall>;

/** A PATCH that brings a key back that has expired, while its place may be taken. */
const revival: AnyCall = { id: 'updateApiKey', who: worker, key: first, body: { expiresAt: -1 } };

const creations = { create: creation, 'create otherwise': otherCreation };
const scopesTripled = { rotate: changes.rotate, ...scopings };
const tripled = ['generate', 'rotate', 'delete', 'disable', 'revoke', 'deleteApp'] as const;

const live = { name: 'old', enabled: true, createdTime: 1, createdBy: 'seed', expiresAt: -1 };
const keys = { [first]: live } as Record<KeyHandle, ApiKey>;
const createdId = await createdAppId(creation);

export const starts = {
  noKey: startOf('no key', {}),
  oneKey: startOf('one key', keys),
  twoKeys: startOf('two keys', { ...keys, [second as KeyHandle]: { ...live, enabled: false } }),
  expired: startOf('one key and one expired', { ...keys, [second as KeyHandle]: { ...live, expiresAt: 2 } }),
  deactivated: startOf('deactivated', keys, { status: 'deactivated' }),
  attached: startOf('with an issuer', {}, { issuers: [issuer] }),
  nothing: { name: 'nothing', appId: createdId, app: undefined, items: new Map() } as Start,
};

const ceiled = { restrictions: { scopes: ['read', 'pay'] } };
const narrowed = { restrictions: { scopes: ['read'] } };
const payingKey = { [first]: { ...live, scopes: ['pay', 'read'] } } as Record<KeyHandle, ApiKey>;

/** Of these, `narrowed` has a key with a scope above the ceiling, as one that was narrowed later has. */
export const ceilingStarts = {
  open: startOf('a key with scopes and no ceiling', payingKey),
  ceiled: startOf('a key with scopes', payingKey, ceiled),
  narrowed: startOf('a key with a scope above the ceiling', payingKey, narrowed),
  full: startOf('a ceiling, one key and one expired', starts.expired.app?.keys ?? {}, ceiled),
};

/** What the sweep finds to do: a rotation whose grace is over, notices, and old records. */
export const dueStarts = {
  graced: startOf('a rotation whose grace is over', {
    [first]: { ...live, expiresAt: startTime + 3_600_000, rotatedTo: second, graceSeconds: 0 },
    [second]: { ...live, rotatedFrom: first },
  } as Record<KeyHandle, ApiKey>),
  announced: startOf('notices and old records', starts.expired.app?.keys ?? {}, {
    requests: { old: { at: 1, bodyHash: '', salt: '', handle: first as KeyHandle, prefix: 'ak' } },
  }),
};

const lapsed = startOf('one key and an expired first', {
  [first]: { ...live, expiresAt: 2 },
  [second]: live,
} as Record<KeyHandle, ApiKey>);

const ownStart = startOf('one key, created by the worker', keys, { createdBy: 'worker' });

function startOf(name: string, found: Record<KeyHandle, ApiKey>, parts: Partial<App> = {}): Start {
  const appId = 'app1';
  const made = { appId, realm, name: 'app', owner: 'seed', now: 1, op: 'seed', correlationId: 'c' };
  const keyCount = Object.keys(found).length;
  const whole: App = { ...newApp(made), keys: found, keyCount, grants: { worker: ['write'] }, ...parts };
  const dueAt = dueTimeOf(whole, startTime, sweepRulesOf(settings, realm));
  const app: App = { ...whole, ...(dueAt !== undefined && { dueShard: 'due#0', dueAt }) };
  const { appId: _, ...attributes } = app;
  const memory = new MemoryTable();
  memory.write({ kind: 'put', put: { Item: { ...appKey(appId), ...attributes } } });
  memory.write({ kind: 'put', put: { Item: memberItem(app, 'worker') } });
  return { name, appId, app, items: memory.items() };
}

function scenarioOf(start: Start, calls: readonly NamedCall[]): Scenario {
  return { name: `${calls.map(({ name }) => name).join(' + ')}, on ${start.name}`, start, calls };
}

function named(calls: Readonly<Record<string, AnyCall>>): NamedCall[] {
  return Object.entries(calls).map(([name, call]) => ({ name, call }));
}

/** Where there is no application yet nobody has a grant: its creator does all. */
function byOwner(calls: readonly NamedCall[]): NamedCall[] {
  return calls.map(({ name, call }) => ({ name, call: { ...call, who: owner } }));
}

/** @returns all selections of so many, in which each may stand more than once, the order being of no account */
function selections<T>(all: readonly T[], size: number): T[][] {
  if (size === 0) return [[]];
  return all.flatMap((one, index) => selections(all.slice(index), size - 1).map((others) => [one, ...others]));
}

/** All pairs on every application, and those with a creation where there is none. */
export function pairs(): Scenario[] {
  const { nothing, ...applications } = starts;
  const onApplications = Object.values(applications).flatMap((start) =>
    selections(named(changes), 2).map((calls) => scenarioOf(start, calls)),
  );
  const making = named(creations);
  const withCreation = selections([...making, ...byOwner(named(changes))], 2).filter((calls) =>
    calls.some((call) => making.includes(call)),
  );
  return [...onApplications, ...withCreation.map((calls) => scenarioOf(nothing, calls))];
}

/** The key that most calls name has expired, and one call revives it, beside each call and beside itself. */
export function revivals(): Scenario[] {
  const revive = { name: 'revive', call: revival };
  return [...named(changes), revive].map((other) => scenarioOf(lapsed, [revive, other]));
}

/** The sweep beside every change, and beside itself, on an application where it has something to do. */
export function sweepings(): Scenario[] {
  const sweep: NamedCall = { name: 'sweep', call: { id: 'sweep', who: owner } };
  const others = [...named({ ...changes, ...scopings }), { name: 'revive', call: revival }, sweep];
  return [...Object.values(dueStarts), starts.oneKey].flatMap((start) =>
    others.map((other) => scenarioOf(start, [sweep, other])),
  );
}

/** The sweep twice, beside what takes or moves the keys that it looks at. */
export function sweepTriples(): Scenario[] {
  const sweep: NamedCall = { name: 'sweep', call: { id: 'sweep', who: owner } };
  const { delete: remove, disable, deleteApp } = changes;
  const others = [...named({ delete: remove, disable, deleteApp }), { name: 'revive', call: revival }];
  return Object.values(dueStarts).flatMap((start) => others.map((other) => scenarioOf(start, [sweep, sweep, other])));
}

/** Pairs that write the same pointer, of the principal that created the application or of another. */
export function grantings(): Scenario[] {
  const { grant, revoke, deleteApp } = changes;
  const calls = named({ grant, 'grant otherwise': otherGrant, revoke, deleteApp });
  return [starts.oneKey, ownStart].flatMap((start) => selections(calls, 2).map((pair) => scenarioOf(start, pair)));
}

/** Pairs with a call that gives a scope, or changes what can be given. */
export function ceilings(): Scenario[] {
  const isScoping = ({ name }: NamedCall) => Object.hasOwn(scopings, name);
  const all = selections(named({ ...changes, ...scopings }), 2).filter((calls) => calls.some(isScoping));
  return Object.values(ceilingStarts).flatMap((start) => all.map((calls) => scenarioOf(start, calls)));
}

/** Triples of them, and of a rotation, with a change of the ceiling. */
export function ceilingTriples(): Scenario[] {
  const isOfCeiling = ({ name }: NamedCall) => name === 'narrow' || name === 'widen';
  const all = selections(named(scopesTripled), 3).filter((calls) => calls.some(isOfCeiling));
  return [ceilingStarts.ceiled, ceilingStarts.narrowed].flatMap((start) =>
    all.map((calls) => scenarioOf(start, calls)),
  );
}

/** What depends on records of removed keys: copies of a request, and what removes the key that one of them made. */
export function forgettings(): Scenario[] {
  const copies = [changes['generate again'], changes['rotate again']].map((call, index) => ({
    name: index === 0 ? 'generate again' : 'rotate again',
    call,
  }));
  const others = named({ 'delete all': changes['delete all'], deleteApp: changes.deleteApp, rotate: changes.rotate });
  return [starts.noKey, starts.oneKey].flatMap((start) =>
    copies.flatMap((copy) => others.map((other) => scenarioOf(start, [copy, copy, other]))),
  );
}

export function triples(): Scenario[] {
  const calls = tripled.map((name) => ({ name, call: changes[name] }));
  return [starts.oneKey, starts.twoKeys].flatMap((start) =>
    selections(calls, 3).map((selected) => scenarioOf(start, selected)),
  );
}

/** @param random from 0 to below 1. @returns two to four calls of all, anywhere */
export function randomScenario(random: () => number): Scenario {
  const pick = <T>(all: readonly T[]): T => all[Math.floor(random() * all.length)] as T;
  const start = pick(Object.values({ ...starts, ...ceilingStarts }));
  const others = named({ ...changes, ...scopings });
  const all = start.app ? others : [...named(creations), ...named(creations), ...byOwner(others)];
  return scenarioOf(
    start,
    Array.from({ length: 2 + Math.floor(random() * 3) }, () => pick(all)),
  );
}
