import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type ApiKeyId, handleOf } from '../../../lib/domain/api-key-id.ts';
import type { App } from '../../../lib/domain/app.ts';
import { errorTable } from '../../../lib/domain/errors.ts';
import { hrnOf, startService, type TestReply, type TestService } from '../../support/service.ts';
import { type Action, type Body, expected, type Model, type ModelCall, mayUse, newModel, type Who } from './model.ts';
import { handleIn, isFull, keyHrnOf, requireSound, runs, seed, usualSeed } from './support.ts';

const realm = 'myrealm';
const owner: Who = { principal: 'demo', realm, fromToken: [] };
const callers: readonly Who[] = [
  owner,
  { principal: 'writer', realm, fromToken: [] },
  { principal: 'reader', realm, fromToken: [] },
  { principal: 'nobody', realm, fromToken: [] },
  { principal: 'operator', realm, fromToken: ['manage'] },
  { principal: 'auditor', realm, fromToken: ['read'] },
  { principal: 'demo', realm: 'other', fromToken: ['manage'] },
];
const unknownHandle = 'A'.repeat(43);

/** One step: time that passes, an earlier call once more, or a call whose key is one of those made so far, and whose times count from the start. */
type Step =
  | { readonly wait: number }
  /** one of the latest calls that made a key with an Idempotency-Key again, with another name in the body if there is one here */
  | { readonly again: number; readonly name?: string }
  | (Omit<ModelCall, 'key'> & { readonly key?: number; readonly expiresAfter?: number });

let service: TestService;
let tokens: Map<Who, string>;
let now = Date.UTC(2030, 0, 1);

beforeAll(async () => {
  service = await startService();
  tokens = new Map(await Promise.all(callers.map(async (who) => [who, await tokenOf(who)] as const)));
  vi.useFakeTimers({ toFake: ['Date'] });
});

afterAll(() => vi.useRealTimers());

function tokenOf({ principal: sub, realm: rlm, fromToken }: Who): Promise<string> {
  const permissions = ['account:createApp', ...fromToken.map((action) => `account:${action}:*`)];
  return service.issuer.sign({ sub, rlm, permissions, exp: Date.UTC(2100, 0, 1) / 1_000 });
}

/** Who mostly may, now and then another. */
const who = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom<Who>(owner, owner, callers[1] ?? owner) },
  { weight: 1, arbitrary: fc.constantFrom(...callers) },
);
const manager = fc.oneof(
  { weight: 5, arbitrary: fc.constant(owner) },
  { weight: 1, arbitrary: fc.constantFrom(...callers) },
);
/** Mostly the latest keys; beyond those that there are it is one that never was. */
const key = fc.oneof({ weight: 9, arbitrary: fc.nat(2) }, { weight: 1, arbitrary: fc.constantFrom(3, 5, 1_000) });
const name = fc.constantFrom('a', 'b');
const expiresAfter = fc.oneof(
  { weight: 3, arbitrary: fc.constant(undefined) },
  { weight: 4, arbitrary: fc.constantFrom(5_000, 10_000, 20_000, 60_000) },
  { weight: 1, arbitrary: fc.constantFrom(-1_000, 3_600_000) },
);
const idempotencyKey = fc.oneof(
  { weight: 1, arbitrary: fc.constant(undefined) },
  { weight: 1, arbitrary: fc.constantFrom('one', 'two', 'three') },
);
const actions = fc.subarray<Action>(['read', 'write', 'manage'], { minLength: 1 });
const principal = fc.constantFrom('demo', 'writer', 'writer', 'reader', 'reader', 'nobody', 'nobody');
const issuer = fc.constantFrom('https://one.example', 'https://two.example');

/** @returns calls; what is undefined in them is left out */
function call<Parts extends object>(id: ModelCall['id'], parts: { [Part in keyof Parts]: fc.Arbitrary<Parts[Part]> }) {
  return fc.record({ id: fc.constant(id), ...parts }).map((made) => {
    const given = Object.entries(made).filter(([, value]) => value !== undefined);
    return Object.fromEntries(given) as unknown as Step;
  });
}

function body<Parts extends object>(parts: { [Part in keyof Parts]: fc.Arbitrary<Parts[Part]> }): fc.Arbitrary<Body> {
  return fc.record(parts, { requiredKeys: [] }) as fc.Arbitrary<Body>;
}

const scopes = fc.subarray(['pay', 'read']);
const newKeyBody = body({ enabled: fc.boolean(), scopes }).chain((rest) =>
  name.map((named) => ({ ...rest, name: named })),
);
const rotationBody = body({ name, scopes, overlapSeconds: fc.constantFrom(0, 3, 20) });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 14, arbitrary: call('generateApiKey', { who, body: newKeyBody, expiresAfter, idempotencyKey }) },
  { weight: 14, arbitrary: call('rotateApiKey', { who, key, body: rotationBody, expiresAfter, idempotencyKey }) },
  {
    weight: 8,
    arbitrary: call('rotateApiKey', {
      who: fc.constant(owner),
      key: fc.nat(1),
      body: body({ overlapSeconds: fc.constantFrom(0, 20) }),
      expiresAfter: fc.constantFrom(undefined, 3_600_000),
      idempotencyKey: fc.constantFrom('one', 'two'),
    }),
  },
  { weight: 12, arbitrary: fc.record({ wait: fc.constantFrom(1, 999, 4_999, 5_000, 10_000) }) },
  {
    weight: 12,
    arbitrary: fc.record({ again: fc.nat(2), name: fc.constantFrom('a', 'c') }, { requiredKeys: ['again'] }),
  },
  { weight: 3, arbitrary: call('listApiKeys', { who }) },
  { weight: 3, arbitrary: call('getApiKey', { who, key }) },
  { weight: 6, arbitrary: call('updateApiKey', { who, key, body: body({ name, scopes }), expiresAfter }) },
  { weight: 2, arbitrary: call('enableApiKey', { who, key }) },
  { weight: 3, arbitrary: call('disableApiKey', { who, key }) },
  { weight: 5, arbitrary: call('deleteApiKey', { who, key }) },
  { weight: 1, arbitrary: call('deleteApiKeys', { who }) },
  { weight: 1, arbitrary: call('getApp', { who }) },
  {
    weight: 3,
    arbitrary: call('updateApp', {
      who,
      body: body({ name, description: name, status: fc.constantFrom('active', 'active', 'deactivated') }),
    }),
  },
  {
    weight: 3,
    arbitrary: call('updateApp', { who: manager, body: fc.record({ scopes: fc.option(scopes, { freq: 2 }) }) }),
  },
  { weight: 3, arbitrary: call('putGrant', { who: manager, subject: principal, body: fc.record({ actions }) }) },
  { weight: 2, arbitrary: call('deleteGrant', { who: manager, subject: principal }) },
  { weight: 1, arbitrary: call('listGrants', { who: manager }) },
  { weight: 2, arbitrary: call('putIssuer', { who: manager, subject: issuer }) },
  { weight: 3, arbitrary: call('deleteIssuer', { who: manager, subject: issuer }) },
  { weight: 1, arbitrary: call('listIssuers', { who }) },
);
const steps = fc.array(step, { minLength: 25, maxLength: 50, size: 'max' });
/** A life that reaches what random ones seldom do. */
const rareLife: Step[] = [
  { id: 'putGrant', who: owner, subject: 'demo', body: { actions: ['read'] } },
  { id: 'generateApiKey', who: owner, body: { name: 'a' }, idempotencyKey: 'one' },
  { id: 'rotateApiKey', who: owner, key: 0, body: {}, expiresAfter: 60_000, idempotencyKey: 'one' },
  { again: 0 },
  { again: 0, name: 'c' },
  { again: 1 },
  { id: 'rotateApiKey', who: owner, key: 0, body: { overlapSeconds: 0 } },
  { again: 0 },
  { id: 'generateApiKey', who: owner, body: { name: 'b' }, expiresAfter: 5_000 },
  { wait: 5_000 },
  { id: 'rotateApiKey', who: owner, key: 0, body: {} },
  { id: 'rotateApiKey', who: owner, key: 1, body: { overlapSeconds: 20 } },
  { wait: 5_000 },
  { id: 'rotateApiKey', who: owner, key: 1, body: { overlapSeconds: 20 }, idempotencyKey: 'two' },
  { wait: 60_000 },
  { id: 'putIssuer', who: owner, subject: 'https://one.example' },
];
const ending = call('deleteApp', { who: manager });

/** An application that is called, the model that it is held against, and the keys that were made. */
interface Run {
  readonly app: App;
  readonly start: number;
  readonly made: string[];
  readonly repeatable: ModelCall[];
  model: Model;
}

async function startRun(): Promise<Run> {
  setTime(now + 60_000);
  const reply = await service.call('createApp', { body: { name: 'modelled' }, headers: authorization(owner) });
  const app = { appId: reply.body.clientId, realm } as App;
  const run: Run = { app, start: now, made: [], repeatable: [], model: newModel(owner, 'modelled') };
  for (const action of ['write', 'read'] as const) {
    const subject = action === 'write' ? 'writer' : 'reader';
    await take(run, { id: 'putGrant', who: owner, subject, body: { actions: [action] } });
  }
  return run;
}

function setTime(to: number): void {
  now = to;
  vi.setSystemTime(now);
}

function authorization(caller: Who): Record<string, string> {
  return { Authorization: `Bearer ${tokens.get(caller)}` };
}

/** How often each answer came, by call and code: a property that reaches too little shows nothing. */
const reached = new Map<string, number>();

function count(answer: string): void {
  reached.set(answer, (reached.get(answer) ?? 0) + 1);
}

/** Makes a step, and holds answer and item against the model. */
async function take(run: Run, made: Step): Promise<void> {
  if ('wait' in made) {
    setTime(now + made.wait);
    return;
  }
  const modelCall = 'again' in made ? repeated(run, made) : resolved(run, made);
  if (!modelCall) return;
  const before = await service.item(run.app);
  const reply = await service.call(modelCall.id, requestOf(run, modelCall));
  const wanted = expected(run.model, modelCall, now);
  const item = await service.item(run.app);
  count(`${modelCall.id} ${'code' in wanted ? wanted.code : `${wanted.status}${wanted.replays ? ' again' : ''}`}`);
  if ('code' in wanted) {
    expect({ status: reply.statusCode, code: reply.body?.code }).toEqual({
      status: errorTable[wanted.code].status,
      code: wanted.code,
    });
    expect(item).toEqual(before);
    return;
  }
  expect({ status: reply.statusCode, code: reply.body?.code }).toEqual({ status: wanted.status, code: undefined });
  const handle = reply.statusCode === 201 ? handleIn(reply.body.apiKey) : '';
  if (reply.statusCode === 201) requireMade(run, reply, wanted.replays);
  if (wanted.replays) expect(item).toEqual(before);
  if (modelCall.idempotencyKey && !wanted.replays) run.repeatable.unshift(modelCall);
  run.model = wanted.after(handle);
  requireSound(item);
  expect(viewOf({ ...item, latestRemoved: item.sealed, ceiling: item.restrictions?.scopes })).toEqual(
    viewOf({ ...run.model, keyCount: Object.keys(run.model.keys).length }),
  );
  expectShown(run, modelCall, reply);
}

/** A new key has a new handle, which is that of its secret; a repeated one those of before. */
function requireMade(run: Run, reply: TestReply, replays: string | undefined): void {
  const handle = handleIn(reply.body.apiKey);
  expect(handleOf(reply.body.apiKeyId as ApiKeyId)).toBe(handle);
  expect(reply.headers['Idempotency-Replayed']).toBe(replays && 'true');
  if (replays) expect(handle).toBe(replays);
  else expect(run.made).not.toContain(handle);
  if (!replays) run.made.unshift(handle);
}

function repeated(
  { repeatable }: Run,
  { again, name: other }: Extract<Step, { again: number }>,
): ModelCall | undefined {
  const earlier = repeatable[again];
  return earlier && other !== undefined ? { ...earlier, body: { ...earlier.body, name: other } } : earlier;
}

function resolved(
  { made, start }: Run,
  { key: index, expiresAfter: after, ...given }: Exclude<Step, { wait: number } | { again: number }>,
) {
  const times = after === undefined ? {} : { expiresAt: start + after };
  return {
    ...given,
    ...((given.body || after !== undefined) && { body: { ...given.body, ...times } }),
    ...(index !== undefined && { key: made[index] ?? unknownHandle }),
  } as ModelCall;
}

function requestOf(
  { app }: Run,
  { id, who: caller, key: handle, body: sent, subject, idempotencyKey: repeat }: ModelCall,
) {
  const path = {
    app: hrnOf(app),
    ...(handle !== undefined && { apiKey: keyHrnOf(app, handle) }),
    ...(subject !== undefined && { [id.endsWith('Grant') ? 'principal' : 'issuer']: encodeURIComponent(subject) }),
  };
  const headers = { ...authorization(caller), ...(repeat !== undefined && { 'Idempotency-Key': repeat }) };
  return { path, headers, ...(sent && { body: sent }) };
}

/** What of an application the model tells; of a deleted one only that nothing is left. */
function viewOf({
  status,
  name: named,
  description,
  ceiling,
  issuers,
  grants,
  keys,
  latestRemoved,
  keyCount,
}: Omit<Model, 'realm' | 'rotated' | 'answered'> & { keyCount: number }) {
  const left = { status, keyCount, keys: withoutChanges(keys), grants };
  return status === 'deleted' ? left : { ...left, latestRemoved, name: named, description, ceiling, issuers };
}

/** The model does not tell who changed a key last. */
function withoutChanges(keys: object) {
  const strip = ({ lastChange: _, ...key }: { lastChange?: unknown }) => key;
  return Object.fromEntries(Object.entries(keys).map(([handle, key]) => [handle, strip(key)]));
}

/** Holds what a read shows against the model. */
function expectShown({ app, model }: Run, { id, key: handle = '' }: ModelCall, { body }: TestReply): void {
  const { effectiveBy: _, ...shown } = body ?? {};
  if (id === 'getApiKey' || id === 'updateApiKey') expect(shown).toEqual(formatted(app, model, handle));
  if (id === 'listApiKeys') {
    const byTime = (one: string, other: string) =>
      (model.keys[one]?.createdTime ?? 0) - (model.keys[other]?.createdTime ?? 0) || (one < other ? -1 : 1);
    const items = Object.keys(model.keys)
      .sort(byTime)
      .map((each) => formatted(app, model, each));
    expect(shown).toEqual({ limit: items.length, total: items.length, items });
  }
  if (id === 'listGrants') {
    const granted = shown.items.map((item: { principal: string; actions: Action[] }) => [item.principal, item.actions]);
    expect(Object.fromEntries(granted)).toEqual(model.grants);
  }
  if (id === 'listIssuers') expect(shown.items).toEqual(model.issuers);
  if (id === 'getApp' || id === 'updateApp') {
    const { name: named, description, status, ceiling } = model;
    expect(shown).toMatchObject({ clientId: app.appId, name: named, description, status });
    expect(shown.scopes).toEqual(ceiling);
  }
}

function formatted(app: App, model: Model, handle: string) {
  const {
    name: named,
    enabled,
    createdTime,
    createdBy,
    expiresAt,
    rotatedFrom,
    rotatedTo,
    scopes: given = [],
  } = model.keys[handle] ?? {};
  return {
    apiKey: decodeURIComponent(keyHrnOf(app, handle)),
    identity: decodeURIComponent(hrnOf(app)),
    realm: `hrn:here:account::${realm}:realm/${realm}`,
    name: named,
    description: '',
    enabled,
    scopes: given,
    allowedSources: [],
    createdTime,
    createdBy,
    lastChange: { at: expect.any(Number), by: expect.any(String), action: expect.any(String) },
    expiresAt,
    ...(rotatedFrom && { rotatedFrom: decodeURIComponent(keyHrnOf(app, rotatedFrom)) }),
    ...(rotatedTo && { rotatedTo: decodeURIComponent(keyHrnOf(app, rotatedTo)) }),
  };
}

/** The application stands in the list of exactly those who may see it. */
async function expectListed({ app, model }: Run): Promise<void> {
  for (const caller of callers) {
    const { body: list } = await service.call('listApps', { headers: authorization(caller) });
    const ids = list.items.map(({ clientId }: { clientId: string }) => clientId);
    expect({ caller, isListed: ids.includes(app.appId) }).toEqual({ caller, isListed: mayUse(model, caller, 'read') });
  }
}

describe('one application against its model', () => {
  it('every answer is the model’s, keyCount = size(keys) <= 2 after every step, and a refusal changes nothing', async () => {
    await fc.assert(
      fc.asyncProperty(steps, fc.option(ending, { freq: 3 }), async (taken, end) => {
        const run = await startRun();
        for (const made of end ? [...taken, end, ...taken.slice(0, 4)] : taken) {
          await take(run, made);
        }
        await expectListed(run);
      }),
      { ...runs(isFull ? 1_000 : 35), examples: [[rareLife, null]] },
    );
  }, 3_600_000);

  it.runIf(seed === usualSeed)('reaches every answer that generating and rotating have', () => {
    const refusals = ['400200', '400337', '403403', '404660', '409305', '409306', '422409', '409303'];
    const generated = ['201', '201 again', ...refusals].map((answer) => `generateApiKey ${answer}`);
    const own = ['400201', '404666', '409304'];
    const rotated = ['201', '201 again', ...refusals.filter((code) => code !== '400337'), ...own].map(
      (answer) => `rotateApiKey ${answer}`,
    );
    const others = [
      'putIssuer 409306',
      'putGrant 409306',
      'deleteGrant 409306',
      'deleteApp 204',
      'updateApiKey 404666',
    ];
    expect([...reached.keys()]).toEqual(expect.arrayContaining([...generated, ...rotated, ...others]));
  });
});
