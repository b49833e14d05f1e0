import { describe, expect, it } from 'vitest';
import { findApiKey, findApp } from '../../../lib/package/cli/names.ts';
import { UsageError } from '../../../lib/package/cli/terminal.ts';
import { createClient } from '../../../lib/package/client/client.ts';
import { useCannedService } from '../../support/canned-service.ts';

const service = useCannedService();
const client = () => createClient({ url: service().url });
const createdTime = Date.UTC(2030, 11, 31, 12, 34, 56, 789);
const app = (id: string, name: string, createdBy = 'demo') => ({
  hrn: `hrn:app/${id}`,
  clientId: id,
  name,
  createdTime,
  createdBy,
});
const key = (id: string, name: string) => ({ apiKey: `hrn:apikey/${id}`, name, createdTime });
const pagesOf = (...pages: object[][]) => {
  service().answers = pages.map((items, index) => ({
    status: 200,
    body: { principal: 'demo', items, ...(index < pages.length - 1 && { pageToken: `p${index}` }) },
  }));
};
const lines = () => service().seen.map(({ line }) => line);

describe('an application', () => {
  const find = (text: string) => findApp(client(), text);

  it('is what the HRN says, which is not looked up', async () => {
    expect([await find('hrn:app/a'), lines()]).toEqual(['hrn:app/a', []]);
  });

  it.each([
    ['name', 'billing'],
    ['id', 'b'],
  ])('is found by its %s on any page', async (_, text) => {
    pagesOf([app('a', 'shop')], [app('b', 'billing'), app('c', 'hrn')]);
    expect([await find(text), lines()]).toEqual(['hrn:app/b', ['GET /apps', 'GET /apps?pageToken=p0']]);
  });

  it('is not found by a part of its name, nor by the HRN without its beginning', async () => {
    pagesOf([app('a', 'billing')]);
    const error = await find('bill').catch((reason: unknown) => reason);
    expect(error).toEqual(
      new Error('No application that you can see has this name. "appkeys apps list" shows the names.'),
    );
    expect(error).not.toBeInstanceOf(UsageError);
  });

  it('must be the only one of that name: all that the caller created are listed', async () => {
    pagesOf([app('a', 'shop'), app('b', 'x')], [app('c', 'shop'), app('d', 'shop', 'mallory')]);
    const error = await find('shop').catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(UsageError);
    expect((error as Error).message).toBe(
      [
        'More than one application that you created has this name. Pass the HRN:',
        'shop  2030-12-31T12:34:56.789Z  hrn:app/a',
        'shop  2030-12-31T12:34:56.789Z  hrn:app/c',
      ].join('\n'),
    );
  });

  it.each([
    ['before', [app('b', 'x'), app('shop', 'a', 'mallory')], [app('a', 'shop')]],
    ['after', [app('a', 'shop'), app('c', 'shop')], [app('shop', 'x')]],
  ])('of this id wins over those of this name that come %s it', async (_, ...pages) => {
    pagesOf(...(pages as object[][]));
    expect(await find('shop')).toBe('hrn:app/shop');
  });

  it('is found by its name only among those that the caller created', async () => {
    pagesOf([app('a', 'shop', 'mallory'), app('b', 'shop')], [app('c', 'shop', 'mallory')]);
    expect(await find('shop')).toBe('hrn:app/b');
  });

  it('of others alone is not taken for the one that is meant: they are listed with their creators', async () => {
    pagesOf([app('a', 'shop', 'mallory'), app('b', 'other')], [app('c', 'shop', 'bob')]);
    const error = await find('shop').catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(UsageError);
    expect((error as Error).message).toBe(
      [
        'You created no application with this name, but others did. To use one of theirs, pass its ID:',
        'ID  NAME  CREATED BY',
        'a   shop  mallory',
        'c   shop  bob',
      ].join('\n'),
    );
  });
});

describe('a key', () => {
  const find = (text: string) => findApiKey(client(), 'hrn:app/a', text);

  it('is what the HRN says, which is not looked up', async () => {
    expect([await find('hrn:apikey/a'), lines()]).toEqual(['hrn:apikey/a', []]);
  });

  it('is found by its name on any page', async () => {
    pagesOf([key('a', 'ci')], [key('b', 'deploy'), key('c', 'hrn')]);
    const path = 'GET /apps/hrn%3Aapp%2Fa/apiKeys';
    expect([await find('deploy'), lines()]).toEqual(['hrn:apikey/b', [path, `${path}?pageToken=p0`]]);
  });

  it('is not there when none has the name', async () => {
    pagesOf([key('a', 'ci')]);
    await expect(find('c')).rejects.toThrow(
      new Error('No key of this application has this name. "appkeys keys list" shows the names.'),
    );
  });

  it('must be the only one of that name: all of them are listed', async () => {
    pagesOf([key('a', 'ci'), key('b', 'ci')]);
    const error = await find('ci').catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(UsageError);
    expect((error as Error).message).toBe(
      [
        'More than one key of this application has this name. Pass the HRN:',
        'ci  2030-12-31T12:34:56.789Z  hrn:apikey/a',
        'ci  2030-12-31T12:34:56.789Z  hrn:apikey/b',
      ].join('\n'),
    );
  });
});
