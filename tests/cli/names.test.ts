import { describe, expect, it } from 'vitest';
import { findApiKey, findApp } from '../../lib/cli/names.ts';
import { UsageError } from '../../lib/cli/terminal.ts';
import { createClient } from '../../lib/client/client.ts';
import { useCannedService } from '../support/canned-service.ts';

const service = useCannedService();
const client = () => createClient({ url: service().url });
const createdTime = Date.UTC(2030, 11, 31, 12, 34, 56, 789);
const app = (id: string, name: string) => ({ hrn: `hrn:app/${id}`, clientId: id, name, createdTime });
const key = (id: string, name: string) => ({ apiKey: `hrn:apikey/${id}`, name, createdTime });
const pagesOf = (...pages: object[][]) => {
  service().answers = pages.map((items, index) => ({
    status: 200,
    body: { items, ...(index < pages.length - 1 && { pageToken: `p${index}` }) },
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
    expect(error).toEqual(new Error('No application that you may see has this name.'));
    expect(error).not.toBeInstanceOf(UsageError);
  });

  it('must be the only one of that name or id: all of them are listed', async () => {
    pagesOf([app('a', 'shop'), app('b', 'x')], [app('shop', 'y')]);
    const error = await find('shop').catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(UsageError);
    expect((error as Error).message).toBe(
      [
        'More than one application that you may see has this name. Give the HRN:',
        'shop  2030-12-31T12:34:56.789Z  hrn:app/a',
        'y     2030-12-31T12:34:56.789Z  hrn:app/shop',
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
    await expect(find('c')).rejects.toThrow(new Error('No key of this application has this name.'));
  });

  it('must be the only one of that name: all of them are listed', async () => {
    pagesOf([key('a', 'ci'), key('b', 'ci')]);
    const error = await find('ci').catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(UsageError);
    expect((error as Error).message).toBe(
      [
        'More than one key of this application has this name. Give the HRN:',
        'ci  2030-12-31T12:34:56.789Z  hrn:apikey/a',
        'ci  2030-12-31T12:34:56.789Z  hrn:apikey/b',
      ].join('\n'),
    );
  });
});
