import type { ErrorCode } from '../../../lib/domain/errors.ts';

export type Action = 'read' | 'write' | 'manage';

/** A caller, by what the contract says of it. */
export interface Who {
  readonly principal: string;
  readonly realm: string;
  /** rights on the application that its token gives */
  readonly fromToken: readonly Action[];
}

export interface ModelKey {
  readonly name: string;
  readonly enabled: boolean;
  readonly createdBy: string;
  readonly createdTime: number;
  readonly expiresAt: number;
  readonly rotatedFrom?: string;
  readonly rotatedTo?: string;
  /** after the first use of its successor it ends so many seconds later */
  readonly graceSeconds?: number;
  /** missing where there are none */
  readonly scopes?: readonly string[];
  readonly disabledReason?: 'leaked';
}

/** An application as the contract and the issue describe it, with nothing of how it is stored. */
export interface Model {
  readonly realm: string;
  readonly status: 'active' | 'deactivated' | 'deleted';
  readonly name: string;
  readonly description: string;
  /** the only scopes that its keys may be given; missing: they may be given any */
  readonly ceiling?: readonly string[] | undefined;
  readonly issuers: readonly string[];
  readonly grants: Readonly<Record<string, readonly Action[]>>;
  readonly keys: Readonly<Record<string, ModelKey>>;
  /** handles of the keys that a successor took the place of */
  readonly rotated: readonly string[];
  /** the latest `createdTime` of a key that was removed: every generated key is younger */
  readonly latestRemoved: number;
  /** what each request with an Idempotency-Key asked, and the key that it made */
  readonly answered: Readonly<Record<string, { readonly body: string; readonly handle: string }>>;
}

export interface Body {
  readonly name?: string;
  readonly description?: string;
  readonly status?: 'active' | 'deactivated';
  readonly enabled?: boolean;
  readonly expiresAt?: number;
  readonly overlapSeconds?: number;
  readonly actions?: readonly Action[];
  /** of a key; or the ceiling of an application, which null takes away */
  readonly scopes?: readonly string[] | null;
}

export type CallId = keyof typeof needs;

/** One call on the application. */
export interface ModelCall {
  readonly id: CallId;
  readonly who: Who;
  /** handle of the key that the path names, or whose secret is in the body */
  readonly key?: string;
  readonly body?: Body;
  readonly idempotencyKey?: string;
  /** the principal or the issuer that the path names */
  readonly subject?: string;
}

/** What the call must answer, and what the application is then. `made` is the handle of the new key, if it makes one. */
export type Expected =
  | { readonly code: ErrorCode }
  | { readonly status: number; readonly replays?: string; after(made: string): Model };

export const maxKeys = 2;
const never = -1;
const graceMs = 5_000;

/** The right that each call needs. */
const needs = {
  generateApiKey: 'write',
  listApiKeys: 'read',
  getApiKey: 'read',
  updateApiKey: 'write',
  enableApiKey: 'write',
  disableApiKey: 'write',
  deleteApiKey: 'write',
  deleteApiKeys: 'write',
  rotateApiKey: 'write',
  getApp: 'read',
  updateApp: 'write',
  deleteApp: 'manage',
  listGrants: 'manage',
  putGrant: 'manage',
  deleteGrant: 'manage',
  listIssuers: 'read',
  putIssuer: 'manage',
  deleteIssuer: 'manage',
  // None: whoever holds the key may.
  revokeApiKey: 'read',
} as const satisfies Record<string, Action>;

const including: Record<Action, readonly Action[]> = {
  read: ['read', 'write', 'manage'],
  write: ['write', 'manage'],
  manage: ['manage'],
};

class Refusal {
  readonly code: ErrorCode;

  constructor(code: ErrorCode) {
    this.code = code;
  }
}

export function newModel(owner: Who, name: string): Model {
  const grants = { [owner.principal]: ['manage'] } as const;
  const empty = { description: '', issuers: [], keys: {}, rotated: [], latestRemoved: 0, answered: {} };
  return { realm: owner.realm, status: 'active', name, grants, ...empty };
}

/** @returns what the contract says that a call must answer at the time `now` */
export function expected(model: Model, call: ModelCall, now: number): Expected {
  try {
    return makesKey(call) ? makeKey(model, call, now) : otherwise(model, call, now);
  } catch (refusal) {
    if (refusal instanceof Refusal) return { code: refusal.code };
    throw refusal;
  }
}

/** Whether the caller may do that much with the application. */
export function mayUse(model: Model, who: Who, needed: Action): boolean {
  if (model.status === 'deleted' || who.realm !== model.realm) return false;
  const held = [...who.fromToken, ...(model.grants[who.principal] ?? [])];
  return held.some((action) => including[needed].includes(action));
}

function requireRight(model: Model, { id, who, body }: ModelCall): void {
  const changesCeiling = id === 'updateApp' && body?.scopes !== undefined;
  if (!mayUse(model, who, 'read')) throw new Refusal('404660');
  if (!mayUse(model, who, changesCeiling ? 'manage' : needs[id])) throw new Refusal('403403');
}

/** The scopes of a key as they are stored, if it has any. */
function scoped(scopes: Body['scopes']): Pick<ModelKey, 'scopes'> {
  return scopes && scopes.length > 0 ? { scopes } : {};
}

function requireWithinCeiling({ ceiling }: Model, scopes: Body['scopes']): void {
  if (ceiling && !(scopes ?? []).every((scope) => ceiling.includes(scope))) throw new Refusal('400200');
}

function isLive(expiresAt: number, now: number): boolean {
  return expiresAt === never || expiresAt > now;
}

/** Handles of the expired keys whose place is to be had. */
function givenUp({ keys }: Model, now: number): string[] {
  return Object.keys(keys).filter((handle) => !isLive(keys[handle]?.expiresAt ?? never, now - graceMs));
}

function keyOf({ keys }: Model, handle = ''): ModelKey {
  const key = keys[handle];
  if (!key) throw new Refusal('404666');
  return key;
}

function withKey(model: Model, handle: string, key: ModelKey): Model {
  return { ...model, keys: { ...model.keys, [handle]: key } };
}

function without(model: Model, handles: readonly string[]): Model {
  const going = Object.entries(model.keys).filter(([handle]) => handles.includes(handle));
  return {
    ...model,
    latestRemoved: Math.max(model.latestRemoved, ...going.map(([, { createdTime }]) => createdTime)),
    keys: Object.fromEntries(Object.entries(model.keys).filter(([handle]) => !handles.includes(handle))),
  };
}

function makesKey({ id }: ModelCall): boolean {
  return id === 'generateApiKey' || id === 'rotateApiKey';
}

/** Generate and rotate: a repeated request is answered from what it made, whatever the application is like by now. */
function makeKey(model: Model, call: ModelCall, now: number): Expected {
  const { body = {}, who, key = '' } = call;
  const request = call.idempotencyKey && [who.principal, call.id, key, call.idempotencyKey].join(' ');
  const { name: wanted, expiresAt: until = 'unsaid', enabled: on = true, overlapSeconds = 0 } = body;
  // A rotation without scopes inherits them; in a generation none and an empty list are the same.
  const scopes = call.id === 'rotateApiKey' ? body.scopes : scoped(body.scopes).scopes;
  const asked = JSON.stringify([wanted, until, on, overlapSeconds, scopes]);
  const before = request && mayUse(model, who, 'write') ? model.answered[request] : undefined;
  if (!before && !isLive(body.expiresAt ?? never, now)) throw new Refusal('400200');
  requireRight(model, call);
  if (before && before.body !== asked) throw new Refusal('422409');
  if (before && !model.keys[before.handle]) throw new Refusal('409305');
  if (before) return { status: 201, replays: before.handle, after: () => model };
  const make = call.id === 'generateApiKey' ? generated(model, call, now) : rotated(model, call, now);
  return {
    status: 201,
    after: (made) => {
      const after = make(made);
      return request ? { ...after, answered: { ...after.answered, [request]: { body: asked, handle: made } } } : after;
    },
  };
}

function requireTakesKeys({ status, issuers }: Model): void {
  if (status !== 'active') throw new Refusal('409306');
  if (issuers.length > 0) throw new Refusal('400337');
}

function generated(model: Model, { body = {}, who }: ModelCall, now: number): (made: string) => Model {
  requireTakesKeys(model);
  requireWithinCeiling(model, body.scopes);
  const isFull = Object.keys(model.keys).length >= maxKeys;
  const room = isFull ? without(model, givenUp(model, now)) : model;
  if (Object.keys(room.keys).length >= maxKeys) throw new Refusal('409303');
  const { name = '', enabled = true, expiresAt = never } = body;
  const createdTime = Math.max(now, model.latestRemoved + 1);
  const key = { name, enabled, expiresAt, createdBy: who.principal, createdTime, ...scoped(body.scopes) };
  return (made) => withKey(room, made, key);
}

function rotated(model: Model, { body = {}, who, key: from = '' }: ModelCall, now: number): (made: string) => Model {
  if (model.keys[from]?.rotatedTo || model.rotated.includes(from)) throw new Refusal('409304');
  const old = keyOf(model, from);
  requireTakesKeys(model);
  const { name = old.name, expiresAt = old.expiresAt, overlapSeconds = 0 } = body;
  if (!isLive(expiresAt, now)) throw new Refusal('400201');
  const ended = overlapSeconds > 0 ? overlapped(model, from, now) : [from];
  const room = without(model, ended);
  const end = now + overlapSeconds * 1_000;
  const oldExpiresAt = old.expiresAt === never ? end : Math.min(old.expiresAt, end);
  const wanted = body.scopes ?? old.scopes ?? [];
  const scopes = scoped(wanted.filter((scope) => model.ceiling?.includes(scope) ?? true));
  const successor = { name, expiresAt, enabled: old.enabled, createdBy: who.principal, createdTime: now, ...scopes };
  return (made) => {
    const after = withKey(room, made, { ...successor, rotatedFrom: from });
    return ended.includes(from)
      ? { ...after, rotated: [...after.rotated, from] }
      : withKey(after, from, { ...old, expiresAt: oldExpiresAt, rotatedTo: made });
  };
}

/** @returns the keys that end when the successor needs a place of its own */
function overlapped(model: Model, from: string, now: number): string[] {
  if (Object.keys(model.keys).length < maxKeys) return [];
  const ended = givenUp(model, now);
  if (ended.length === 0) throw new Refusal('409303');
  return ended.includes(from) ? [...new Set([...ended, from])] : ended;
}

function otherwise(model: Model, call: ModelCall, now: number): Expected {
  const { id, body = {}, key, subject = '' } = call;
  if (id === 'updateApiKey' && !isLive(body.expiresAt ?? never, now)) throw new Refusal('400200');
  if (id === 'revokeApiKey') return done(202, reported(model, key, now));
  requireRight(model, call);
  switch (id) {
    case 'getApiKey':
      keyOf(model, key);
      return done(200, model);
    case 'updateApiKey':
      return done(200, withKey(model, key ?? '', edited(model, keyOf(model, key), body)));
    case 'enableApiKey':
      return done(204, withKey(model, key ?? '', enabled(keyOf(model, key))));
    case 'disableApiKey':
      return done(204, withKey(model, key ?? '', { ...keyOf(model, key), enabled: false }));
    case 'deleteApiKey':
      keyOf(model, key);
      return done(204, without(model, [key ?? '']));
    case 'deleteApiKeys':
      return done(204, without(model, Object.keys(model.keys)));
    case 'updateApp': {
      const { name = model.name, description = model.description, status = model.status } = body;
      const ceiling = body.scopes === undefined ? model.ceiling : (body.scopes ?? undefined);
      return done(200, { ...model, name, description, status, ceiling });
    }
    case 'deleteApp':
      return done(204, { ...model, status: 'deleted', keys: {}, grants: {} });
    case 'putGrant':
      return done(200, granted(model, { ...model.grants, [subject]: body.actions ?? [] }));
    case 'deleteGrant': {
      const { [subject]: _, ...grants } = model.grants;
      return done(204, granted(model, grants));
    }
    case 'putIssuer':
      return done(204, attached(model, subject, now));
    case 'deleteIssuer':
      return done(204, { ...model, issuers: model.issuers.filter((issuer) => issuer !== subject) });
    default:
      return done(200, model);
  }
}

function reported(model: Model, handle = '', now: number): Model {
  const key = model.keys[handle];
  if (!key?.enabled || givenUp(model, now).includes(handle)) return model;
  return withKey(model, handle, { ...key, enabled: false, disabledReason: 'leaked' });
}

function enabled({ disabledReason: _, ...key }: ModelKey): ModelKey {
  return { ...key, enabled: true };
}

function edited(model: Model, found: ModelKey, { scopes, ...others }: Body): ModelKey {
  // An end that is given by hand stands.
  const { graceSeconds, ...rest } = found;
  const key = graceSeconds === undefined || others.expiresAt !== undefined ? rest : found;
  if (scopes === undefined) return { ...key, ...others };
  requireWithinCeiling(model, scopes);
  const { scopes: _, ...unscoped } = key;
  return { ...unscoped, ...others, ...scoped(scopes) };
}

function done(status: number, model: Model): Expected {
  return { status, after: () => model };
}

function granted(model: Model, grants: Model['grants']): Model {
  const hasManager = (all: Model['grants']) => Object.values(all).some((actions) => actions.includes('manage'));
  if (hasManager(model.grants) && !hasManager(grants)) throw new Refusal('409306');
  return { ...model, grants };
}

function attached(model: Model, issuer: string, now: number): Model {
  if (model.issuers.includes(issuer)) return model;
  const cleared = without(model, givenUp(model, now));
  if (Object.keys(cleared.keys).length > 0) throw new Refusal('409306');
  return { ...cleared, issuers: [...model.issuers, issuer] };
}
