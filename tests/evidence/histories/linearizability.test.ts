import { describe, expect, it } from 'vitest';
import type { ModelCall } from '../properties/model.ts';
import { type Answer, type Entry, forgotten, History, type ShownKey } from './history.ts';
import { explain, smallest } from './linearizability.ts';
import { oneApplication, owner, writer } from './one-application.ts';

const at = Date.UTC(2030, 0, 1);
const never: ShownKey = { name: '', enabled: true, expiresAt: -1 };

/** A call between two times; without an answer its outcome is unknown. */
function entry(invoked: number, returned: number, call: Partial<ModelCall>, answer?: Answer): Entry {
  const whole = { id: 'generateApiKey', who: owner, ...call } as ModelCall;
  const makes = whole.id === 'generateApiKey' || whole.id === 'rotateApiKey' ? (whole.body?.name ?? '') : '';
  const end = answer ? returned : Number.POSITIVE_INFINITY;
  return { client: 0, call: whole, makes, at, invoked, returned: end, answer };
}

function ok(status: number, shown = {}): Answer {
  return { status, isReplayed: false, shown };
}

function made(name: string): Answer {
  return ok(201, { key: { name, is: { ...never, name } } });
}

function generate(invoked: number, returned: number, name: string, answer: Answer | undefined = made(name)): Entry {
  return entry(invoked, returned, { body: { name } }, answer);
}

/** A generation whose answer never came. */
function lost(invoked: number, name: string): Entry {
  return entry(invoked, 0, { body: { name } });
}

function list(invoked: number, returned: number, ...names: string[]): Entry {
  const keys = Object.fromEntries(names.map((name) => [name, { ...never, name }]));
  return entry(invoked, returned, { id: 'listApiKeys' }, ok(200, { keys }));
}

function remove(invoked: number, returned: number, key: string, answer = ok(204)): Entry {
  return entry(invoked, returned, { id: 'deleteApiKey', key }, answer);
}

function verdictOf(...entries: Entry[]) {
  return explain(entries, oneApplication);
}

describe('a history is explained', () => {
  it('when calls one after the other answer as the model', () => {
    expect(verdictOf(generate(1, 2, 'a'), list(3, 4, 'a'), remove(5, 6, 'a'), list(7, 8))).toBe('explained');
  });

  it('when of three generations at once one is refused, whichever', () => {
    const full = { code: '409303' };
    expect(verdictOf(generate(1, 6, 'a', full), generate(2, 5, 'b'), generate(3, 4, 'c'))).toBe('explained');
    expect(verdictOf(generate(1, 6, 'a'), generate(2, 5, 'b', full), generate(3, 4, 'c'))).toBe('explained');
  });

  it('when a list at the same time shows the application before or after the change', () => {
    expect(verdictOf(generate(1, 4, 'a'), list(2, 3, 'a'))).toBe('explained');
    expect(verdictOf(generate(1, 4, 'a'), list(2, 3))).toBe('explained');
  });

  it('when all keys are deleted at the time of a generation, before or after it', () => {
    const all = entry(2, 5, { id: 'deleteApiKeys' }, ok(204));
    expect(verdictOf(generate(1, 4, 'a'), all, list(6, 7))).toBe('explained');
    expect(verdictOf(generate(1, 4, 'a'), all, list(6, 7, 'a'))).toBe('explained');
  });

  it('when a generation of unknown outcome took effect, much later or never', () => {
    expect(verdictOf(lost(1, 'a'), list(2, 3, 'a'))).toBe('explained');
    expect(verdictOf(lost(1, 'a'), list(2, 3), list(4, 5), list(6, 7, 'a'))).toBe('explained');
    expect(verdictOf(lost(1, 'a'), list(2, 3))).toBe('explained');
  });

  it('when a key was made and is gone before its own request is answered', () => {
    const gone = { code: '409305' };
    const parts = [generate(1, 8, 'a', gone), list(2, 3, 'a'), remove(4, 5, 'a')];
    expect(verdictOf(...parts, list(9, 10))).toBe('explained');
    expect(verdictOf(parts[0] as Entry, list(9, 10, 'a'))).toBe('refuted');
  });

  it('when a key was made and renamed before its own request is answered, which shows it so', () => {
    const renamed = { ...never, name: 'a 1' };
    const rename = entry(
      2,
      5,
      { id: 'updateApiKey', key: 'a', body: { name: 'a 1' } },
      ok(200, { key: { name: 'a', is: renamed } }),
    );
    const late = generate(1, 6, 'a', ok(201, { key: { name: 'a', is: renamed } }));
    expect(verdictOf(late, rename, list(7, 8))).toBe('refuted');
    expect(
      verdictOf(late, rename, entry(7, 8, { id: 'getApiKey', key: 'a' }, ok(200, { key: { name: 'a', is: renamed } }))),
    ).toBe('explained');
    expect(verdictOf(late, { ...rename, invoked: 7, returned: 8 })).toBe('refuted');
  });

  it('when a repeated request gives a key that was reported as leaked, without the reason', () => {
    const call = { body: { name: 'a' }, idempotencyKey: 'one' };
    const key = (parts: Partial<ShownKey>) => ({ ...never, name: 'a', ...parts });
    const again = (is: ShownKey): Answer => ({ ...ok(201, { key: { name: 'a', is } }), isReplayed: true });
    const history = (answer: Answer, reason: ShownKey['disabledReason']) =>
      verdictOf(
        entry(1, 2, call, made('a')),
        entry(3, 4, { id: 'revokeApiKey', key: 'a' }, ok(202)),
        entry(5, 6, call, answer),
        entry(7, 8, { id: 'listApiKeys' }, ok(200, { keys: { a: key({ enabled: false, disabledReason: reason }) } })),
      );
    const disabled = again(key({ enabled: false, disabledReason: 'unseen' }));
    expect(history(disabled, 'leaked')).toBe('explained');
    expect(history(disabled, undefined)).toBe('refuted');
    expect(history(again(key({ disabledReason: 'unseen' })), 'leaked')).toBe('refuted');
  });

  it('when a repeated request gives the same key', () => {
    const call = { body: { name: 'a' }, idempotencyKey: 'one' };
    const again: Answer = { ...ok(201, { key: { name: 'a', is: { ...never, name: 'a' } } }), isReplayed: true };
    expect(verdictOf(entry(1, 2, call, made('a')), entry(3, 4, call, again))).toBe('explained');
    expect(verdictOf(entry(1, 2, call, made('a')), entry(3, 4, call, made('a')))).toBe('refuted');
  });
});

describe('a history is refuted', () => {
  it('by a third key', () => {
    expect(verdictOf(generate(1, 4, 'a'), generate(2, 5, 'b'), generate(3, 6, 'c'))).toBe('refuted');
    expect(verdictOf(lost(1, 'a'), lost(2, 'b'), lost(3, 'c'), list(4, 5, 'a', 'b', 'c'))).toBe('refuted');
  });

  it('by a deletion that was acknowledged and is lost', () => {
    expect(verdictOf(generate(1, 2, 'a'), remove(3, 4, 'a'), list(5, 6, 'a'))).toBe('refuted');
  });

  it('by a generation that was acknowledged and is lost', () => {
    expect(verdictOf(generate(1, 2, 'a'), list(3, 4))).toBe('refuted');
  });

  const grant = entry(1, 2, { id: 'putGrant', subject: 'writer', body: { actions: ['write'] } }, ok(200));
  const granted = ok(200, { grants: { writer: ['write'], demo: ['manage'] } });
  const alone = ok(200, { grants: { demo: ['manage'] } });
  const inStatus = (status: string) => ok(200, { app: { name: 'app', status } });
  const inCeiling = (ceiling?: string[]) => ok(200, { app: { name: 'app', status: 'active', ceiling } });
  const narrow = entry(1, 2, { id: 'updateApp', body: { scopes: ['read'] } }, inCeiling(['read']));
  const deactivated = { id: 'updateApp', body: { status: 'deactivated' } } as const;

  it.each<[string, ModelCall['id'], Answer, Answer, Entry[]]>([
    ['grant', 'listGrants', granted, alone, [grant]],
    [
      'revocation',
      'listGrants',
      alone,
      granted,
      [grant, entry(3, 4, { id: 'deleteGrant', subject: 'writer' }, ok(204))],
    ],
    [
      'status',
      'getApp',
      inStatus('deactivated'),
      inStatus('active'),
      [entry(1, 2, deactivated, inStatus('deactivated'))],
    ],
    ['ceiling', 'getApp', inCeiling(['read']), inCeiling(), [narrow]],
  ])('by a %s that was acknowledged and is lost', (_, look, kept, lost, changes) => {
    expect(verdictOf(...changes, entry(5, 6, { id: look }, kept))).toBe('explained');
    expect(verdictOf(...changes, entry(5, 6, { id: look }, lost))).toBe('refuted');
  });

  const paying = { ...never, name: 'a', scopes: ['pay'] };
  const madePaying = ok(201, { key: { name: 'a', is: paying } });
  const above: Answer = { code: '400200' };
  const paid = entry(-3, -2, { body: { name: 'a', scopes: ['pay'] } }, madePaying);
  const showing = (name: string, scopes: string[]) => ok(200, { key: { name, is: { ...paying, scopes } } });

  it.each<[string, Partial<ModelCall>, Answer, Answer, Entry[]]>([
    ['generation', { body: { name: 'a', scopes: ['pay'] } }, above, madePaying, []],
    ['PATCH', { id: 'updateApiKey', key: 'a', body: { scopes: ['pay'] } }, above, showing('a', ['pay']), [paid]],
    [
      'rotation',
      { id: 'rotateApiKey', key: 'a', body: { name: 'b' } },
      ok(201, { key: { name: 'b', is: { ...never, name: 'b', rotatedFrom: 'a' } } }),
      ok(201, { key: { name: 'b', is: { ...paying, name: 'b', rotatedFrom: 'a' } } }),
      [paid],
    ],
  ])('by a %s that gives a scope above the ceiling', (_, call, right, wrong, before) => {
    const look = entry(8, 9, { id: 'getApp' }, inCeiling(['read']));
    expect(verdictOf(...before, narrow, entry(5, 6, call, right), look)).toBe('explained');
    expect(verdictOf(...before, narrow, entry(5, 6, call, wrong), look)).toBe('refuted');
    expect(verdictOf(...before, { ...narrow, returned: 7 }, entry(5, 6, call, wrong), look)).toBe('explained');
  });

  it('by a narrower ceiling that takes a scope from a key that has it', () => {
    const look = (scopes: string[]) => entry(5, 6, { id: 'getApiKey', key: 'a' }, showing('a', scopes));
    expect(verdictOf(paid, narrow, look(['pay']))).toBe('explained');
    expect(verdictOf(paid, narrow, look([]))).toBe('refuted');
  });

  it('by a key that comes back', () => {
    expect(verdictOf(lost(1, 'a'), list(2, 3, 'a'), remove(4, 5, 'a'), list(6, 7), list(8, 9, 'a'))).toBe('refuted');
  });

  it('by a key that nobody asked for, or a second one of the same request', () => {
    expect(verdictOf(generate(1, 2, 'a'), list(3, 4, 'a', "a'"))).toBe('refuted');
  });

  it('by a call that took effect before it was made', () => {
    expect(verdictOf(list(1, 2, 'a'), generate(3, 4, 'a'))).toBe('refuted');
  });

  it('by a write after the right to it is gone', () => {
    const subject = writer.principal;
    const grant = entry(1, 2, { id: 'putGrant', subject, body: { actions: ['write'] } }, ok(200));
    const revoke = entry(3, 4, { id: 'deleteGrant', subject }, ok(204));
    const call = { who: writer, body: { name: 'a' } };
    expect(verdictOf(grant, revoke, entry(5, 6, call, made('a')))).toBe('refuted');
    expect(verdictOf(grant, { ...revoke, returned: 7 }, entry(5, 6, call, made('a')))).toBe('explained');
  });

  it('by a change of a call that said that nothing was changed', async () => {
    const nothing = {
      statusCode: 503,
      headers: {},
      body: JSON.stringify({ code: '503000', cause: 'Nothing was changed.' }),
    };
    const unknown = { ...nothing, body: JSON.stringify({ code: '503000', cause: 'It is not known.' }) };
    const history = new History('app1');
    const call: ModelCall = { id: 'generateApiKey', who: owner, body: { name: 'a' } };
    const refused = await history.record(0, call, 'a', async () => nothing);
    expect(verdictOf(refused, list(8, 9))).toBe('explained');
    expect(verdictOf(refused, list(8, 9, 'a'))).toBe('refuted');
    expect(verdictOf(await history.record(0, call, 'a', async () => unknown), list(8, 9, 'a'))).toBe('explained');
  });

  it('by whatever is there after the application was deleted', () => {
    const end = entry(1, 2, { id: 'deleteApp' }, ok(204));
    expect(verdictOf(end, generate(3, 4, 'a'))).toBe('refuted');
    expect(verdictOf(end, generate(3, 4, 'a', { code: '404660' }))).toBe('explained');
  });
});

it('a search that is given up is undecided', () => {
  const many = Array.from({ length: 8 }, (_, nth) => lost(nth + 1, `k${nth}`));
  expect(explain([...many, list(20, 21, 'other')], oneApplication, 10)).toBe('undecided');
});

it('a refuted history becomes as small as what refutes it', () => {
  const contradiction = [remove(9, 10, 'a'), list(11, 12, 'a', 'b')];
  const entries = [generate(1, 2, 'a'), list(3, 4, 'a'), generate(5, 8, 'b'), list(6, 7, 'a'), ...contradiction];
  const left = smallest([...entries, list(13, 14, 'b')], oneApplication, forgotten);
  expect(left.filter(({ answer }) => answer)).toEqual(contradiction);
});
