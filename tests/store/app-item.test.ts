import { marshall } from '@aws-sdk/util-dynamodb';
import type { StreamRecord } from 'aws-lambda';
import { describe, expect, it } from 'vitest';
import { appOf } from '../../lib/store/app-item.ts';
import { appInRecord } from '../../lib/store/stream-image.ts';
import type { Item } from '../../lib/store/table.ts';

const item = { pk: 'app1', sk: 'app', name: 'an app' };
const none = { restrictions: {}, grants: {}, keys: {}, sealed: 0, removed: {}, requests: {}, issuers: [] };

it('an item holds its application, which has an empty map for each that the item does not have', () => {
  expect(appOf(item)).toEqual({ ...item, ...none, appId: 'app1' });
  expect(appOf({ ...item, keys: { a: 1 }, issuers: ['b'] })).toMatchObject({ keys: { a: 1 }, issuers: ['b'] });
});

it.each<[unknown]>([
  [undefined],
  [null],
  [{}],
  [{ pk: 'app1', sk: 'rate' }],
  ...['used#ghost', 'rate#ghost', 'member#r#p', '', 'a-b', 7.5].map((pk): [unknown] => [
    { pk, sk: 'app', name: 'a ghost' },
  ]),
])('%j holds none', (other) => {
  expect(appOf(other as Item)).toBeUndefined();
});

describe("a record of the table's stream", () => {
  const recordOf = (image: object) => ({ NewImage: marshall(image) }) as StreamRecord;

  it('shows the application that its new image holds', () => {
    const lastChange = { op: 'op', at: 1, by: 'demo', action: 'updateApp', correlationId: 'c' };
    const changed = { ...item, realm: 'myrealm', rev: 1, lastChange };
    expect(appInRecord(recordOf(changed))).toEqual(appOf(changed));
  });

  it('shows none where rev is what it was: the write was no change, like that of the sweep', () => {
    const lastChange = { op: 'op', at: 1, by: 'demo', action: 'updateApp', correlationId: 'c' };
    const [before, after] = [1, 2].map((rev) => marshall({ ...item, realm: 'myrealm', rev, lastChange }));
    expect(appInRecord({ OldImage: before, NewImage: before } as StreamRecord)).toBeUndefined();
    expect(appInRecord({ OldImage: before, NewImage: after } as StreamRecord)).toMatchObject({ rev: 2 });
  });

  it('is not read where its application has no change', () => {
    expect(() => appInRecord(recordOf(item))).toThrow('the item has no change of an application');
  });

  it('shows none where the image holds something else, or the item is gone', () => {
    expect(appInRecord(recordOf({ pk: 'member#r#p', sk: '1' }))).toBeUndefined();
    expect(appInRecord({})).toBeUndefined();
  });
});
