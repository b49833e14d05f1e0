import { describe, expect, it } from 'vitest';
import { createClient, everyItem } from '../../lib/package/client/client.ts';
import type { GetStage } from './stage.ts';

/** Cases that change nothing. Their token may list applications and verify keys. */
export function readingCases(stage: GetStage): void {
  describe('the client reads', () => {
    it('the applications page by page, and the keys, grants and issuers of one', async () => {
      const { client } = stage();
      const { items } = await client.listApps({ limit: 2 });
      const found: string[] = [];
      for await (const { hrn } of everyItem(client.listApps, { limit: 1 })) {
        if (found.length === items.length) break;
        found.push(hrn);
      }
      expect(found).toEqual(items.map(({ hrn }) => hrn));
      for (const { hrn: app } of items.slice(0, 1)) {
        expect(await client.getApp({ app })).toMatchObject({ hrn: app });
        for (const list of [client.listApiKeys, client.listGrants, client.listIssuers])
          expect(await list({ app })).toMatchObject({ items: expect.any(Array) });
      }
    });

    it('that a key is not valid', async () => {
      expect(await stage().client.verifyApiKey({ apiKeyId: 'ak_x' })).toMatchObject({ valid: false });
    });

    it.each([
      ['without a token', {}, '401200'],
      ['with a token that nobody signed', { token: 'a.b.c' }, '401300'],
    ])('nothing %s', async (_, credentials, code) => {
      const stranger = createClient({ url: stage().url, ...credentials });
      await expect(stranger.listApps()).rejects.toMatchObject({ code });
    });
  });

  describe('the command line reads', () => {
    it('the applications', async () => {
      const { code, stdout } = await stage().appkeys(['apps', 'list', '--json']);
      expect(code).toBe(0);
      const listed = JSON.parse(stdout).map(({ hrn }: { hrn: string }) => hrn);
      const { items } = await stage().client.listApps({ limit: 2 });
      expect(listed).toEqual(expect.arrayContaining(items.map(({ hrn }) => hrn)));
    });

    it('that a key is not valid', async () => {
      expect(await stage().appkeys(['verify', 'ak_x'])).toEqual({
        code: 1,
        stdout: '',
        stderr: 'appkeys: The key is not valid: malformed.\n',
      });
    });

    it('nothing with a wrong token', async () => {
      const { code, stdout, stderr } = await stage().appkeys(['apps', 'list'], { APPKEYS_TOKEN: 'a.b.c' });
      expect([code, stdout, stderr]).toEqual([1, '', expect.stringMatching(/^appkeys: 401300 .+\nSet APPKEYS_TOKEN/)]);
    });
  });
}
