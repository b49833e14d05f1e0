import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { createClient } from '../../lib/package/client/client.ts';
import { isMissing, needsChromium, useBrowser } from '../support/browser.ts';
import { useLocalService } from '../support/local-service.ts';
import { useProject } from './project.ts';

const project = useProject();
const service = useLocalService();
const open = useBrowser(() => service().issuer);

/** The file that is published. */
let published: string;

beforeAll(() => {
  published = readFileSync(join(project.installed, 'lib/package/client/client.js'), 'utf8');
});

/** What a page does with the client. */
const script = `async ({ url, token, app }) => {
  const { createClient, everyItem } = await import(url + '/client.js');
  const appkeys = createClient({ url, token });
  const key = await appkeys.generateApiKey({ app, name: 'made in a browser' });
  console.log(key.apiKeyId);
  console.log(key);
  console.log(String(key.apiKeyId), JSON.stringify(key));
  const names = [];
  for await (const { name } of everyItem(appkeys.listApiKeys, { app })) names.push(name);
  const verified = await appkeys.verifyApiKey({ apiKeyId: key.apiKeyId });
  await appkeys.deleteApiKey({ app, apiKey: key.apiKey });
  const { total } = await appkeys.listApiKeys({ app });
  const refused = await appkeys.getApiKey({ app, apiKey: key.apiKey }).catch(({ code }) => code);
  return { secret: key.apiKeyId.reveal(), names, valid: verified.valid, total, refused };
}`;

describe.skipIf(isMissing)(`the client in a page of the service's origin${needsChromium}`, () => {
  it('makes, lists, verifies and deletes a key, under the policy of the console, and no console shows the key', async () => {
    const { url } = service();
    const token = await service().token({ permissions: ['account:createApp', 'account:verify'] });
    const { hrn: app } = await createClient({ url, token }).createApp({ name: 'in a browser' });
    const page = await open(`${url}/console`);
    await page.getByRole('button', { name: 'Sign in' }).waitFor();
    await page.route(`${url}/client.js`, (route) => route.fulfill({ contentType: 'text/javascript', body: published }));
    const session = await page.context().newCDPSession(page);
    const shown: string[] = [];
    session.on('Runtime.consoleAPICalled', ({ args }) => shown.push(JSON.stringify(args)));
    await session.send('Runtime.enable');
    const { secret, ...seen } = await page.evaluate<{ secret: string }>(
      `(${script})(${JSON.stringify({ url, token, app })})`,
    );
    expect(seen).toEqual({ names: ['made in a browser'], valid: true, total: 0, refused: '404666' });
    expect(secret).toMatch(/^ak_/);
    expect(shown).toHaveLength(3);
    expect(shown[2]).toContain('[secret]');
    expect(shown.join()).not.toContain(secret);
  });
});
