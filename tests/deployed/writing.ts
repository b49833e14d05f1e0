import { describe, expect, it } from 'vitest';
import { everyItem } from '../../lib/package/client/client.ts';
import { type GetStage, newApp } from './stage.ts';

const secret = /^[A-Za-z0-9]+_[A-Za-z0-9]{1,64}_[A-Za-z0-9]{49}\n$/;
const receipt = { effectiveBy: expect.any(Number) };

/** Cases in which the client makes applications and keys. Their token may also create applications. */
export function clientCases(stage: GetStage): void {
  describe('the client', () => {
    it('makes, shows, changes, rotates, verifies and deletes a key', async () => {
      const { client } = stage();
      const { hrn: app } = await newApp(stage());
      const made = await client.generateApiKey({ app, name: 'first' });
      const { apiKey } = made;
      expect(await client.verifyApiKey({ apiKeyId: made.apiKeyId })).toMatchObject({ valid: true, identity: app });
      expect(await client.updateApiKey({ app, apiKey, name: 'renamed' })).toMatchObject({ name: 'renamed' });
      expect(await client.disableApiKey({ app, apiKey })).toEqual(receipt);
      expect(await client.getApiKey({ app, apiKey })).toMatchObject({ apiKey, name: 'renamed', enabled: false });
      const successor = await client.rotateApiKey({ app, apiKey });
      expect(successor).toMatchObject({ rotatedFrom: apiKey, ...receipt });
      expect(await client.deleteApiKey({ app, apiKey: successor.apiKey })).toEqual(receipt);
      expect(await client.listApiKeys({ app })).toMatchObject({ total: 0, items: [] });
    });

    it('goes through the items of all pages', async () => {
      const made = [await newApp(stage()), await newApp(stage()), await newApp(stage())].map(({ hrn }) => hrn);
      const { client } = stage();
      const found: string[] = [];
      for await (const { hrn } of everyItem(client.listApps, { limit: 1 })) {
        found.push(hrn);
        if (made.every((hrn) => found.includes(hrn))) break;
      }
      expect(found).toEqual(expect.arrayContaining(made));
    });

    it('names the fields that are wrong', async () => {
      const { hrn: app } = await newApp(stage());
      await expect(stage().client.generateApiKey({ app, name: '' })).rejects.toMatchObject({
        code: '400200',
        details: [expect.objectContaining({ source: '$.name' })],
      });
    });
  });
}

/** The same of the command line. */
export function commandLineCases(stage: GetStage): void {
  describe('the command line', () => {
    const appkeys = (args: string[], input?: string) => stage().appkeys(args, {}, input);

    it('makes an application, shows it, lists it and deletes it, by its name', async () => {
      const name = stage().newName();
      const created = await appkeys(['apps', 'create', name, '--description', 'a test']);
      expect(created).toMatchObject({ code: 0, stdout: expect.stringMatching(/^hrn:\S+:app\/\w+\n$/) });
      const hrn = created.stdout.trim();
      expect((await appkeys(['apps', 'show', name])).stdout).toMatch(
        new RegExp(`^name +${name}\ndescription +a test\n`),
      );
      expect(JSON.parse((await appkeys(['apps', 'show', hrn, '--json'])).stdout)).toMatchObject({ hrn, name });
      expect((await appkeys(['apps', 'list'])).stdout).toMatch(
        new RegExp(`^${name} +active +\\S+ \\S+ +\\S+ +${hrn}$`, 'm'),
      );
      const deleted = await appkeys(['apps', 'delete', name, '--yes']);
      expect([deleted.code, deleted.stdout]).toEqual([0, '']);
      expect(deleted.stderr).toMatch(
        new RegExp(`^Deleted ${hrn}.\nNo verifier accepts its keys after 20.+:..:..Z.\n$`),
      );
      expect(await appkeys(['apps', 'show', hrn])).toMatchObject({
        code: 1,
        stdout: '',
        stderr: expect.stringMatching(/^appkeys: 404660 .+\nCheck .+\ncorrelationId .+, errorId ERROR-/),
      });
    });

    it('creates a key, prints its secret alone, and finds it valid', async () => {
      const { name } = await newApp(stage());
      const { code, stdout, stderr } = await appkeys(['keys', 'create', name, '--name', 'ci']);
      expect([code, stdout]).toEqual([0, expect.stringMatching(secret)]);
      expect(stderr).not.toContain(stdout.trim());
      expect(await appkeys(['verify'], stdout)).toMatchObject({
        code: 0,
        stdout: expect.stringMatching(/^name +ci$/m),
      });
    });

    it('lists, renames, disables, enables, rotates with an overlap and deletes by name', async () => {
      const { name, hrn: app } = await newApp(stage());
      const { client } = stage();
      const { apiKey } = await client.generateApiKey({ app, name: 'ci' });
      const on = (command: string, ...args: string[]) => appkeys(['keys', command, name, ...args]);
      expect((await on('list')).stdout).toMatch(new RegExp(`^NAME.+\nci +active .+ ${apiKey}\n$`));
      expect((await on('rename', 'ci', 'deploy')).stderr).toMatch(/^name +deploy$/m);
      const { stderr: disabled } = await on('disable', 'deploy');
      expect(disabled).toMatch(new RegExp(`^Disabled ${apiKey}.\nNo verifier accepts the key after 20.+:..:..Z.\n$`));
      expect((await on('show', 'deploy')).stdout).toMatch(/^state +disabled$/m);
      expect((await on('enable', apiKey)).code).toBe(0);
      expect((await on('rotate', 'deploy', '--overlap', '1h')).stdout).toMatch(secret);
      const ambiguous = await on('delete', 'deploy', '--yes');
      expect([ambiguous.code, ambiguous.stderr]).toEqual([2, expect.stringContaining(apiKey)]);
      expect((await on('delete', '--all', '--yes')).code).toBe(0);
      expect(await client.listApiKeys({ app })).toMatchObject({ total: 0 });
    });
  });
}
