import { describe, expect, it } from 'vitest';
import type { App } from '../../lib/domain/app.ts';
import { type Listing, listApps } from '../../lib/store/list-apps.ts';
import { memberItem } from '../../lib/store/members.ts';
import type { Item, ItemKey, Query, Table } from '../../lib/store/table.ts';
import { compile } from '../evidence/interleavings/expressions.ts';
import { MemoryTable, openMemoryTable } from '../evidence/interleavings/memory-table.ts';
import { anApp } from '../support/apps.ts';
import { fakeDeadline } from '../support/fake-deadline.ts';

const listKeyOf = (age: number) => String(age).padStart(16, '0');

/** An application; the higher the number, the newer. */
function appAt(age: number, parts: Partial<App> = {}): App {
  return anApp({ appId: `app${age}`, listKey: listKeyOf(age), createdBy: 'other', ...parts });
}

const own = { createdBy: 'demo' };
const itemOf = ({ appId, ...attributes }: App): Item => ({ pk: appId, sk: 'app', ...attributes });
const pointerTo = (app: App): Item => ({ ...memberItem(app, 'demo', ['read']) });

/** A table that holds items, answers queries in the order and the pages that it is asked for, and counts. */
function tableOf(items: readonly Item[]): { table: Table; asked: string[] } {
  const asked: string[] = [];
  const find = ({ IndexName, KeyConditionExpression = '', ScanIndexForward, Limit = 1_000, ...query }: Query) => {
    const values = query.ExpressionAttributeValues ?? {};
    const { holds } = compile('condition', KeyConditionExpression);
    const sort = { none: 'sk', byRealm: 'listKey' }[IndexName ?? 'none'] ?? expect.fail('there is no such index');
    const found = items.filter((item) => holds({ item, names: {}, values }));
    found.sort((one, other) => (String(one[sort]) < String(other[sort]) ? -1 : 1));
    return (ScanIndexForward === false ? found.reverse() : found).slice(0, Limit);
  };
  const get = (keys: readonly ItemKey[]) => {
    if (keys.length === 0 || keys.length > 100) throw new Error(`a batch of ${keys.length}`);
    return keys.flatMap(({ pk, sk }) => items.filter((item) => item.pk === pk && item.sk === sk));
  };
  const table: Table = {
    ...openMemoryTable(new MemoryTable()),
    async attemptQuery(query) {
      asked.push('query');
      return { outcome: 'read', found: find(query) };
    },
    async attemptBatchGet(keys) {
      asked.push(`batch of ${keys.length}`);
      return { outcome: 'read', found: get(keys) };
    },
  };
  return { table, asked };
}

async function list(items: readonly Item[], parts: Partial<Listing> = {}) {
  const { table, asked } = tableOf(items);
  const listing: Listing = {
    realm: 'myrealm',
    principal: 'demo',
    action: 'read',
    isPermitted: undefined,
    seesAll: false,
    named: [],
    isVisible: () => true,
    before: undefined,
    known: undefined,
    limit: 2,
    ...parts,
  };
  const { apps, last, total } = await listApps(table, listing, fakeDeadline());
  const ages = apps.map(({ appId }) => Number(appId.slice(3)));
  return { ages, total, hasMore: last !== undefined, asked, last };
}

const appsTo = (count: number) => Array.from({ length: count }, (_, index) => appAt(index + 1));
const everything = () => true;

describe('what a list costs', () => {
  const pointed = (count: number) => appsTo(count).flatMap((app) => [itemOf(app), pointerTo(app)]);
  const indexed = (count: number) => appsTo(count).map(itemOf);

  it.each<[string, Item[], Partial<Listing>, number, number, string[]]>([
    ['nothing', [], {}, 0, 0, ['query']],
    ['nothing, where all may be seen', [], { isPermitted: everything }, 0, 0, ['query', 'query']],
    ['one application less than a page', pointed(1), {}, 1, 1, ['query', 'batch of 1']],
    ['a page', pointed(2), {}, 2, 2, ['query', 'batch of 2']],
    ['one more than a page', pointed(3), {}, 2, 3, ['query', 'batch of 3']],
    ['far more than a page', pointed(99), {}, 2, 99, ['query', 'batch of 3']],
    ['a page of the most', pointed(100), { limit: 100 }, 100, 100, ['query', 'batch of 100']],
    ['and far more', pointed(300), { limit: 100 }, 100, 300, ['query', 'batch of 100', 'batch of 1']],
    ['a full query', pointed(500), {}, 2, 500, ['query', 'batch of 3', 'query']],
    ['more than are counted', pointed(1_200), {}, 2, 1_000, ['query', 'batch of 3', 'query']],
    [
      'more than are counted, by index',
      indexed(1_200),
      { limit: 100, isPermitted: everything, seesAll: true },
      100,
      1_000,
      ['query', 'batch of 100', 'batch of 1'],
    ],
    [
      'pointers and the index',
      indexed(101),
      { limit: 100, isPermitted: everything },
      100,
      101,
      ['query', 'query', 'batch of 100', 'batch of 1'],
    ],
    ['a name', indexed(3), { named: ['app2', 'app2'] }, 1, 1, ['query', 'batch of 1', 'batch of 1']],
    [
      '100 names',
      indexed(100),
      { named: appsTo(100).map(({ appId }) => appId) },
      2,
      100,
      ['query', 'batch of 100', 'batch of 3'],
    ],
    [
      '101 names',
      indexed(101),
      { named: appsTo(101).map(({ appId }) => appId) },
      2,
      101,
      ['query', 'batch of 100', 'batch of 1', 'batch of 3'],
    ],
    ['the total alone', pointed(3), { limit: 0 }, 0, 3, ['query']],
    ['neither entries nor total', pointed(3), { limit: 0, known: 7 }, 0, 7, []],
    [
      'a later page',
      pointed(1_200),
      { known: 1_000, limit: 100 },
      100,
      1_000,
      ['query', 'batch of 100', 'query', 'batch of 1'],
    ],
    ['the last page', pointed(99), { known: 300, limit: 100 }, 99, 300, ['query', 'batch of 99']],
  ])('%s', async (_, items, parts, found, total, asked) => {
    const listed = await list(items, parts);
    expect([listed.ages.length, listed.total, listed.asked]).toEqual([found, total, asked]);
    expect(listed.ages).toEqual(listed.ages.toSorted((one, other) => other - one));
  });
});

it.each([
  [2, false],
  [3, true],
])('of %i applications, two on a page, there are more: %s', async (count, hasMore) => {
  const items = appsTo(count).flatMap((app) => [itemOf(app), pointerTo(app)]);
  expect((await list(items)).hasMore).toBe(hasMore);
});

describe('where a token gives a right on few of many', () => {
  const sizesFor = async (count: number, isPermitted: (appId: string) => boolean, known: number | undefined) => {
    const { table } = tableOf(appsTo(count).map(itemOf));
    const sizes: number[] = [];
    const attemptQuery: Table['attemptQuery'] = async (query) => {
      if (query.IndexName) sizes.push(query.Limit ?? 0);
      return table.attemptQuery(query);
    };
    const listing = {
      realm: 'myrealm',
      principal: 'demo',
      action: 'read' as const,
      named: [],
      isVisible: everything,
      before: undefined,
      known,
      seesAll: false,
    };
    const { apps } = await listApps(
      { ...table, attemptQuery },
      { ...listing, isPermitted, limit: 100 },
      fakeDeadline(),
    );
    return { found: apps.map(({ appId }) => appId), sizes };
  };

  it('each query looks at twice as many, to 1,600', async () => {
    const rare = ['app1', 'app900', 'app5950'];
    const isRare = (appId: string) => rare.includes(appId);
    expect(await sizesFor(6_000, isRare, 3)).toEqual({
      found: rare.toReversed(),
      sizes: [100, 200, 400, 800, 1_600, 1_600, 1_600],
    });
    expect((await sizesFor(6_000, isRare, undefined)).sizes).toEqual([1_000, 1_600, 1_600, 1_600, 1_600]);
  });

  it('at no more where it is half of them', async () => {
    const isEven = (appId: string) => Number(appId.slice(3)) % 2 === 0;
    expect((await sizesFor(200, isEven, 100)).sizes).toEqual([100, 100, 100]);
  });
});

describe('the rights that pointers tell', () => {
  const apps = appsTo(4);
  const pointers = ([[], ['read'], ['read', 'write'], ['manage']] as const).map((actions, index) =>
    memberItem(apps[index] as App, 'demo', actions),
  );
  const stored = [...apps.map(itemOf), ...pointers];

  it.each<[Listing['action'], number[]]>([
    ['read', [4, 3, 2]],
    ['write', [4, 3]],
    ['manage', [4]],
  ])('%s: %j, and no other is looked at or counted', async (action, ages) => {
    const listed = await list(stored, { action, limit: 9 });
    expect(listed).toMatchObject({ ages, total: ages.length, asked: ['query', `batch of ${ages.length}`] });
    expect(await list(stored, { action, limit: 0 })).toMatchObject({ ages: [], total: ages.length });
  });

  it('are any where the pointer tells none, as those of older versions', async () => {
    const [{ actions: _, ...older } = expect.fail()] = pointers;
    expect((await list([...stored.slice(0, 4), older], { action: 'manage' })).ages).toEqual([1]);
  });

  it('do not matter where the token gives the right: each is counted once', async () => {
    const mine = apps.map((app) => ({ ...app, ...own }));
    const items = mine.flatMap((app) => [itemOf(app), memberItem(app, 'demo', [])]);
    const parts = { isPermitted: everything, named: ['app1'], action: 'manage' } as const;
    for (const limit of [0, 2, 9]) expect((await list(items, { ...parts, limit })).total).toBe(4);
  });

  it('are not believed for what is on the page', async () => {
    const isVisible = ({ appId }: App) => appId !== 'app3';
    expect(await list(stored, { isVisible, limit: 9 })).toMatchObject({ ages: [4, 2], total: 2 });
  });
});

describe('what is in a list', () => {
  const [one, two, three] = [appAt(1), appAt(2), appAt(3)];
  const all = [one, two, three].map(itemOf);

  it.each<[string, Item[], Partial<Listing>, number[]]>([
    [
      'each once that is pointed to, named and in the index',
      [...all, pointerTo(two)],
      { named: ['app2'], isPermitted: everything, limit: 9 },
      [3, 2, 1],
    ],
    [
      'each in its turn that is pointed to or named',
      [...all, pointerTo(three), pointerTo(one)],
      { named: ['app2'], limit: 9 },
      [3, 2, 1],
    ],
    ['the newest first of what is named in any order', all, { named: ['app2', 'app1', 'app3'], limit: 9 }, [3, 2, 1]],
    ['of all, those that the token permits', all, { isPermitted: (id) => id !== 'app2' }, [3, 1]],
    [
      'those that the application shows',
      all,
      { isPermitted: everything, isVisible: ({ appId }) => appId !== 'app3' },
      [2, 1],
    ],
    [
      'what is older than the page before, by name',
      all,
      { named: ['app1', 'app2', 'app3'], before: listKeyOf(2) },
      [1],
    ],
    ['what is older than the page before, by index', all, { isPermitted: everything, before: listKeyOf(2) }, [1]],
    [
      'what is older than the page before, by pointer',
      [...all, ...[one, two].map(pointerTo)],
      { before: listKeyOf(2) },
      [1],
    ],
    ['no deleted one', [itemOf(appAt(1, { status: 'deleted' })), pointerTo(one)], {}, []],
    ['none of another realm', [itemOf(appAt(1, { realm: 'third' })), pointerTo(one)], {}, []],
    ['none at a place that it has no more', [itemOf(two), { ...pointerTo(two), sk: listKeyOf(1) }], {}, []],
    ['none that a pointer alone tells of', [pointerTo(one)], {}, []],
    [
      'a name without a place in a list',
      [{ pk: 'app1', sk: 'app', realm: 'myrealm' }, ...all.slice(1)],
      { named: ['app1', 'app2'] },
      [2],
    ],
  ])('%s', async (_, items, parts, ages) => {
    expect(await list(items, parts)).toMatchObject({ ages, hasMore: false });
  });

  describe('what the caller created comes first', () => {
    const apps = [appAt(1, own), appAt(2), appAt(3, own), appAt(4), appAt(5, own), appAt(6)];
    const [mine1, , mine3] = apps;
    const items = apps.map(itemOf);
    const pointed = [...items, ...apps.map(pointerTo)];
    const listings: [string, Item[], Partial<Listing>][] = [
      ['by pointers', pointed, {}],
      ['by names', items, { named: apps.map(({ appId }) => appId) }],
      [
        'by a pattern',
        [...items, ...apps.filter(({ createdBy }) => createdBy === 'demo').map(pointerTo)],
        { isPermitted: everything },
      ],
      ['by all of them', pointed, { isPermitted: everything, named: apps.map(({ appId }) => appId) }],
    ];

    it.each(listings)('%s, across pages', async (_, stored, parts) => {
      const ages: number[] = [];
      let before: string | undefined;
      do {
        const page = await list(stored, { ...parts, limit: 2, before });
        ages.push(...page.ages);
        before = page.last;
      } while (before);
      expect(ages).toEqual([5, 3, 1, 6, 4, 2]);
    });

    it('newest first where the caller sees all of the realm, which costs one query', async () => {
      const { asked, ages } = await list(pointed, { isPermitted: everything, seesAll: true, limit: 9 });
      expect([ages, asked]).toEqual([
        [6, 5, 4, 3, 2, 1],
        ['query', 'batch of 6'],
      ]);
    });

    it('the last one of a page tells where it is', async () => {
      expect((await list(pointed, { limit: 2 })).last).toBe(`own#${mine3?.listKey}`);
      expect((await list(pointed, { limit: 4 })).last).toBe(listKeyOf(6));
      expect((await list(pointed, { limit: 4, isPermitted: everything, seesAll: true })).last).toBe(mine3?.listKey);
      expect((await list(pointed, { limit: 9, before: `own#${mine1?.listKey}` })).ages).toEqual([6, 4, 2]);
    });
  });

  it.each<[string, Item, Partial<Listing>]>([
    ['that is deleted', itemOf(appAt(1, { status: 'deleted' })), {}],
    ['of another realm', itemOf(appAt(1, { realm: 'third' })), {}],
    ['that the application does not show', itemOf(one), { isVisible: () => false }],
  ])('a name %s is not counted', async (_, item, parts) => {
    expect((await list([item], { named: ['app1'], limit: 0, ...parts })).total).toBe(0);
  });

  it('a name without a place in a list does not end it, nor cost a look at it', async () => {
    const { asked } = await list([{ pk: 'app1', sk: 'app', realm: 'myrealm' }], { named: ['app1'] });
    expect(asked).toEqual(['query', 'batch of 1']);
  });

  it('what is not seen on the way makes no short page, and the next look at more', async () => {
    const isVisible = ({ appId }: App) => Number(appId.slice(3)) % 3 === 0;
    const items = appsTo(9).map(itemOf);
    const { asked, last, ...listed } = await list(items, { isPermitted: everything, isVisible });
    expect(listed).toEqual({ ages: [9, 6], total: 5, hasMore: true });
    expect(asked).toEqual(['query', 'query', 'batch of 3', 'batch of 4']);
  });
});
