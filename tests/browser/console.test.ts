import type { Page, Route } from 'playwright-core';
import { beforeEach, describe, expect, it } from 'vitest';
import { type AppkeysError, type Client, createClient } from '../../lib/package/client/client.ts';
import { isMissing, needsChromium, otherHost, useBrowser } from '../support/browser.ts';
import { act, inDialog, paste, showAgain, violations } from '../support/console-page.ts';
import { useLocalService } from '../support/local-service.ts';

const service = useLocalService({ rateLimit: 'off' });
const open = useBrowser(() => service().issuer);

let appkeys: Client;
let app: string;
/** each test has an application, and a principal, of its own */
let token: string;

beforeEach(async () => {
  const principal = `user ${crypto.randomUUID()}`;
  token = await service().token({ principal, permissions: ['account:createApp'] });
  appkeys = createClient({ url: service().url, token });
  app = (await appkeys.createApp({ name: 'the application' })).hrn;
});

const keys = async () => (await appkeys.listApiKeys({ app })).items;
const address = () => `${service().url}/console`;

async function openConsole(options: Parameters<typeof open>[1] = {}): Promise<Page> {
  const page = await open(`${address()}#${app.split('/')[1]}`, options);
  await signIn(page);
  return page;
}

async function signIn(page: Page): Promise<void> {
  await paste(page, token);
  await page.locator('.slot').first().waitFor();
}

async function grant(page: Page, principal: string, right: string): Promise<void> {
  await page.getByRole('button', { name: 'Grant rights' }).click();
  await page.getByLabel('Principal').fill(principal);
  await page.getByLabel('Rights', { exact: true }).selectOption(right);
  await inDialog(page, 'Grant');
  await page.locator('dialog').waitFor({ state: 'detached' });
}

const slots = (page: Page) =>
  page.locator('.slot').evaluateAll((found) => found.map(({ className }) => className.replace('slot ', '')));

async function make(page: Page, name: string): Promise<void> {
  await page.getByRole('button', { name: 'Generate API key' }).click();
  await page.getByRole('textbox', { name: 'Name' }).fill(name);
  await inDialog(page, 'Generate key');
  await page.locator('.secret').waitFor();
}

async function closeSecret(page: Page): Promise<void> {
  await inDialog(page, 'Copy key');
  await page.getByText('Copied.').waitFor(); // the clipboard takes its time, and who leaves before is warned
  await inDialog(page, 'Close');
  await page.locator('dialog').waitFor({ state: 'detached' });
}

/** An answer of the service that says this error. */
function refusal(code: string, headers: Record<string, string> = {}): Parameters<Route['fulfill']>[0] {
  const body = { code, title: 'TITLE', cause: 'CAUSE', action: 'ACTION', correlationId: 'an id' };
  return { status: Number(code.slice(0, 3)), contentType: 'application/json', headers, body: JSON.stringify(body) };
}

/** Lists two applications a page. @param isAnswered decides on each request for a page, which is refused otherwise */
function listByTwos(page: Page, isAnswered: (isFirst: boolean) => boolean | Promise<boolean> = () => true) {
  return page.route('**/apps*', async (route) => {
    const url = new URL(route.request().url());
    if (url.searchParams.has('limit')) return route.continue();
    url.searchParams.set('limit', '2');
    const mayPass = await isAnswered(!url.searchParams.has('pageToken'));
    return mayPass ? route.continue({ url: url.href }) : route.fulfill(refusal('403403'));
  });
}

/** Answers the creations of keys in the service's place. */
function interceptCreations(page: Page, answer: (route: Route) => Promise<void>) {
  return page.route('**/apiKeys', (route) => (route.request().method() === 'POST' ? answer(route) : route.continue()));
}

/** Makes a key that expires after `ms`; on a machine so busy that it would be refused as expired, later. */
async function makeShort(ms: number): Promise<number> {
  const expiresAt = Date.now() + ms;
  const made = await appkeys.generateApiKey({ app, name: 'short', expiresAt }).catch(codeOf);
  return made === '400200' ? makeShort(2 * ms) : expiresAt;
}

const codeOf = (error: AppkeysError) => error.code;

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe.skipIf(isMissing)(`the console${needsChromium}`, () => {
  it('shows two slots, both free', async () => {
    const page = await openConsole();
    expect(await slots(page)).toEqual(['free', 'free']);
    expect(await page.locator('.count').textContent()).toMatch(/^0 of 2 slots taken/);
  });

  it('makes, copies, renames, rotates, disables, enables and deletes a key', async () => {
    const page = await openConsole({ permissions: ['clipboard-read', 'clipboard-write'] });
    await make(page, 'first');
    await closeSecret(page);
    const apiKeyId = await page.evaluate<string>('navigator.clipboard.readText()');
    const verifier = await service().token({ permissions: ['account:verify'] });
    const verify = () => createClient({ url: service().url, token: verifier }).verifyApiKey({ apiKeyId });
    expect(await verify()).toMatchObject({ valid: true, identity: app });
    await expect.poll(() => slots(page)).toEqual(['taken active', 'free']);

    await act(page, 'Edit');
    await page.getByRole('textbox', { name: 'Name' }).fill('renamed');
    await inDialog(page, 'Save');
    await page.getByRole('heading', { name: 'renamed' }).waitFor();

    await act(page, 'Rotate');
    await page.getByLabel('Overlap').selectOption({ label: '1 day' });
    await inDialog(page, 'Rotate');
    await closeSecret(page);
    await page.locator('.rotation:focus').getByText('Give the successor to your application').waitFor();
    await expect.poll(() => slots(page)).toEqual(['taken ending', 'taken active']);
    const [old, successor] = await keys();
    expect(successor).toMatchObject({ name: 'renamed', rotatedFrom: old?.apiKey });

    await act(page, 'Disable', 1);
    await page.locator('.slot.disabled').waitFor();
    await page
      .locator('#status')
      .getByText(/No verifier accepts it after .+:\d\d:\d\d [AP]M\.$/)
      .waitFor();
    expect((await keys())[1]?.enabled).toBe(false);
    await act(page, 'Enable', 1);
    await page.locator('.slot.active').waitFor();

    await act(page, 'Delete');
    await page.getByRole('heading', { name: 'Delete “renamed”?' }).waitFor();
    expect(await page.getByRole('dialog').textContent()).toContain(old?.apiKey.split('/')[1]);
    await inDialog(page, 'Cancel');
    expect(await keys()).toHaveLength(2);
    await act(page, 'Delete');
    await inDialog(page, 'Delete key');
    await page.locator('.slot.free').waitFor();
    expect((await keys()).map(({ apiKey }) => apiKey)).toEqual([successor?.apiKey]);
  });

  it('shows that a key was revoked by somebody who holds it', async () => {
    const { apiKeyId } = await appkeys.generateApiKey({ app, name: 'public by mistake' });
    await appkeys.revokeApiKey({ apiKeyId });
    const page = await openConsole();
    await page.locator('.slot.leaked').getByText('Disabled: reported as leaked').waitFor();
    await act(page, 'Enable');
    await page.getByRole('dialog').getByText('Anybody who found it can use it again.').waitFor();
    await inDialog(page, 'Enable key');
    await page.locator('.slot.active').waitFor();
  });

  it('sets and takes back an expiry; an expired key is replaced by the next key', async () => {
    const expiresAt = await makeShort(5000);
    const { apiKey } = await appkeys.generateApiKey({ app, name: 'long' });
    const page = await openConsole();
    await act(page, 'Expiry', 1);
    await page.getByRole('dialog').getByLabel('Expires').selectOption({ label: 'In 30 days' });
    await inDialog(page, 'Set expiry');
    await page.getByText('in 30 days').waitFor();
    expect((await appkeys.getApiKey({ app, apiKey })).expiresAt).toBeGreaterThan(Date.now() + 29 * 86_400_000);
    await act(page, 'Expiry', 1);
    await page.getByRole('dialog').getByLabel('Expires').selectOption('Never');
    await inDialog(page, 'Set expiry');
    await page.locator('dialog').waitFor({ state: 'detached' });
    expect((await appkeys.getApiKey({ app, apiKey })).expiresAt).toBe(-1);
    await pause(Math.max(0, expiresAt + 6000 - Date.now()));
    await showAgain(page);
    await page.locator('.slot.expired').waitFor();
    await make(page, 'the next');
    expect((await keys()).map(({ name }) => name)).toEqual(['long', 'the next']);
  });

  it('warns whoever leaves before the new key is copied, by closing, by Escape and by going away', async () => {
    const page = await openConsole();
    await make(page, 'not copied');
    await page.keyboard.press('Escape');
    await page.getByText('You have not copied this key').waitFor();
    await inDialog(page, 'Close anyway');
    await page.locator('dialog').waitFor({ state: 'detached' });
    await make(page, 'not copied either');
    const asked = page.waitForEvent('dialog');
    await page.close({ runBeforeUnload: true });
    expect((await asked).type()).toBe('beforeunload');
    await (await asked).accept();
  });

  it('works by keyboard alone, and the focus comes back to where it was', async () => {
    const page = await open(address());
    await page.getByRole('button', { name: 'Sign in' }).waitFor();
    await page.keyboard.press('Tab'); // Use an access token
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    await page.keyboard.type(token);
    await page.keyboard.press('Enter');
    await page.locator('.slot').first().waitFor();
    const tabTo = async (id: string) => {
      for (let count = 0; count < 30; count += 1) {
        await page.keyboard.press('Tab');
        if (await page.evaluate(`document.activeElement.id.startsWith('${id}')`)) return;
      }
      expect.fail(`Tab does not come to ${id}.`);
    };
    await tabTo('make');
    await page.keyboard.press('Enter');
    await page.keyboard.type('typed');
    await page.keyboard.press('Enter');
    await page.locator('.secret').waitFor();
    await page.keyboard.press('Enter');
    await page.getByText('Copied.').waitFor();
    await page.keyboard.press('Shift+Tab');
    await page.keyboard.press('Enter');
    await page.locator('dialog').waitFor({ state: 'detached' });
    await page.locator('.slot.taken').waitFor();
    await expect.poll(() => page.evaluate('document.activeElement.id')).toBe('make');
    await page.keyboard.press('Shift+Tab'); // Delete
    for (const _ of ['Disable', 'Expiry', 'Edit']) await page.keyboard.press('Shift+Tab');
    await page.keyboard.press('Enter');
    await page.keyboard.type('typed again');
    await page.keyboard.press('Enter');
    await page.locator('dialog').waitFor({ state: 'detached' });
    await expect.poll(() => page.evaluate('document.activeElement.textContent')).toBe('Edit');
    await tabTo('switch');
    await page.keyboard.press('Enter');
    await page.locator('.slot.disabled').waitFor();
    await expect.poll(() => page.evaluate('document.activeElement.textContent')).toBe('Enable');
    expect(await page.evaluate('getComputedStyle(document.activeElement).outlineStyle')).toBe('solid');
    expect(await keys()).toMatchObject([{ name: 'typed again', enabled: false }]);
  });

  it('tells the cause and the action when it is refused', async () => {
    const page = await openConsole();
    for (const name of ['one', 'two']) await appkeys.generateApiKey({ app, name });
    await page.getByRole('button', { name: 'Generate API key' }).click();
    await page.getByRole('textbox', { name: 'Name' }).fill('three');
    await inDialog(page, 'Generate key');
    const problem = page.getByRole('dialog').getByRole('alert');
    await problem.getByText('409303').waitFor();
    expect(await problem.textContent()).toContain('Delete an API key of the application, then send the request again.');
    await inDialog(page, 'Cancel');
  });

  it('shows the new key even when the list of the keys is refused then', async () => {
    const page = await openConsole();
    await page.route('**/apiKeys', (route) =>
      route.request().method() === 'GET' ? route.fulfill(refusal('403403')) : route.continue(),
    );
    await make(page, 'seen');
    expect(await page.locator('.secret').textContent()).toMatch(/^ak_/);
    await page.locator('#alert').getByText('CAUSE').waitFor();
  });

  it('makes one key when it is pressed again after a lost answer, and another request of another input', async () => {
    const page = await openConsole({ permissions: ['clipboard-read', 'clipboard-write'] });
    const used = new Set<string | undefined>();
    let lost = 4;
    await interceptCreations(page, async (route) => {
      used.add(route.request().headers()['idempotency-key']);
      lost -= 1;
      if (lost < 0) return route.continue();
      await route.fetch();
      return route.fulfill(refusal('503000'));
    });
    await page.getByRole('button', { name: 'Generate API key' }).click();
    await page.getByRole('textbox', { name: 'Name' }).fill('once');
    await inDialog(page, 'Generate key');
    await page.getByRole('dialog').getByText('503000').waitFor();
    await inDialog(page, 'Generate key');
    await closeSecret(page);
    expect([used.size, (await keys()).length]).toEqual([1, 1]);
    lost = 4;
    await page.getByRole('button', { name: 'Generate API key' }).click();
    await page.getByRole('textbox', { name: 'Name' }).fill('twice');
    await inDialog(page, 'Generate key');
    await page.getByRole('dialog').getByText('503000').waitFor();
    await page.getByRole('textbox', { name: 'Name' }).fill('another');
    await inDialog(page, 'Generate key');
    await page.getByRole('dialog').getByText('409303').waitFor();
    expect([used.size, (await keys()).length]).toEqual([3, 2]);
  });

  it('warns of leaving while a key is not copied though the dialog has warned already, and a held Escape does not close it', async () => {
    const page = await openConsole();
    await make(page, 'not copied');
    for (const _ of ['pressed', 'held', 'held on']) await page.keyboard.down('Escape');
    await page.keyboard.up('Escape');
    await page.getByText('You have not copied this key').waitFor();
    expect(await page.locator('.secret').count()).toBe(1);
    const asked = page.waitForEvent('dialog');
    await page.close({ runBeforeUnload: true });
    await (await asked).dismiss();
    await page.keyboard.press('Escape');
    await page.locator('.secret').waitFor({ state: 'detached' });
  });

  it('warns of leaving while a key is being made', async () => {
    const page = await openConsole();
    const ended = Promise.withResolvers<void>();
    await interceptCreations(page, async (route) => {
      await ended.promise;
      await route.continue();
    });
    const posted = page.waitForRequest((request) => request.method() === 'POST');
    await page.getByRole('button', { name: 'Generate API key' }).click();
    await page.getByRole('textbox', { name: 'Name' }).fill('slow');
    await inDialog(page, 'Generate key');
    await posted;
    const asked = page.waitForEvent('dialog');
    await page.close({ runBeforeUnload: true });
    await (await asked).dismiss();
    ended.resolve();
    await page.locator('.secret').waitFor();
  });

  it('shows what is there now after a refusal that what it showed was gone', async () => {
    for (const name of ['one', 'two']) await appkeys.generateApiKey({ app, name });
    const page = await openConsole();
    const [one, two] = (await keys()).map(({ apiKey }) => apiKey);
    await appkeys.deleteApiKey({ app, apiKey: one ?? '' });
    await act(page, 'Disable');
    await page.locator('#alert').getByText('404666').waitFor();
    await expect.poll(() => slots(page)).toEqual(['taken active', 'free']);
    await appkeys.deleteApiKey({ app, apiKey: two ?? '' });
    await act(page, 'Delete');
    await inDialog(page, 'Delete key');
    await page.getByRole('dialog').getByText('404666').waitFor();
    await expect.poll(() => slots(page)).toEqual(['free', 'free']);
    await inDialog(page, 'Cancel');
    await appkeys.deleteApp({ app });
    await page.getByRole('button', { name: 'Generate API key' }).click();
    await page.getByRole('textbox', { name: 'Name' }).fill('none');
    await inDialog(page, 'Generate key');
    await page.getByRole('dialog').getByText('404660').waitFor();
    await expect.poll(() => slots(page)).toEqual([]);
  });

  it('shows what has changed elsewhere when its tab is shown again', async () => {
    const page = await openConsole();
    await appkeys.generateApiKey({ app, name: 'made elsewhere' });
    await showAgain(page);
    await page.getByRole('heading', { name: 'made elsewhere' }).waitFor();
    await appkeys.updateApp({ app, status: 'deactivated' });
    await showAgain(page);
    await page.getByText('Deactivated').waitFor();
  });

  it('rotates an expired key into one that expires when it is told to', async () => {
    const expiresAt = await makeShort(2500);
    await pause(expiresAt + 500 - Date.now());
    const page = await openConsole();
    expect(await slots(page)).toEqual(['taken expired', 'free']);
    await act(page, 'Rotate');
    await page.getByLabel('The successor expires').selectOption({ label: 'In 30 days' });
    await inDialog(page, 'Rotate');
    await page.locator('.secret').waitFor();
    const [successor, ...others] = await keys();
    expect([successor?.name, others]).toEqual(['short', []]);
    expect(successor?.expiresAt).toBeGreaterThan(Date.now() + 29 * 86_400_000);
  });

  it('tells how long to wait', async () => {
    const page = await openConsole();
    await interceptCreations(page, (route) => route.fulfill(refusal('429003', { 'Retry-After': '90' })));
    await page.getByRole('button', { name: 'Generate API key' }).click();
    await page.getByRole('textbox', { name: 'Name' }).fill('too soon');
    await inDialog(page, 'Generate key');
    await page.getByRole('dialog').getByText('429003').waitFor();
    expect(await page.getByRole('dialog').getByRole('alert').textContent()).toContain(
      'You can try again in 2 minutes.',
    );
  });

  it('takes a name of 255 characters, whatever characters they are', async () => {
    const page = await openConsole();
    await make(page, '😀'.repeat(255));
    expect((await keys())[0]?.name).toBe('😀'.repeat(255));
  });

  it('tells of a refusal that comes after Cancel', async () => {
    const page = await openConsole();
    for (const name of ['one', 'two']) await appkeys.generateApiKey({ app, name });
    const ended = Promise.withResolvers<void>();
    await interceptCreations(page, async (route) => {
      await ended.promise;
      await route.continue();
    });
    await page.getByRole('button', { name: 'Generate API key' }).click();
    await page.getByRole('textbox', { name: 'Name' }).fill('three');
    await inDialog(page, 'Generate key');
    await inDialog(page, 'Cancel');
    ended.resolve();
    await page.locator('#alert').getByText('409303').waitFor();
  });

  it('lists each application once, page by page, and finds it by its name and by its ID', async () => {
    for (const name of ['second', 'third', 'fourth', 'Größe 設定']) await appkeys.createApp({ name });
    const page = await open(address());
    await listByTwos(page);
    await paste(page, token);
    const ids = page.locator('.apps li small');
    await expect.poll(() => ids.count()).toBe(5);
    const all = await ids.allTextContents();
    expect(new Set(all).size).toBe(5);
    const search = page.getByRole('searchbox');
    for (const text of ['größe', '設定', all[0] ?? '']) {
      await search.fill(text);
      await expect.poll(() => ids.count()).toBe(1);
    }
    await page.locator('.apps').getByText('1 of 5').waitFor();
  });

  it('opens an application as soon as the list has a page, and leaves it alone when the others come', async () => {
    for (const name of ['second', 'third']) await appkeys.createApp({ name });
    const page = await open(`${address()}#${app.split('/')[1]}`, {
      permissions: ['clipboard-read', 'clipboard-write'],
    });
    const released = Promise.withResolvers<boolean>();
    await listByTwos(page, (isFirst) => isFirst || released.promise);
    await signIn(page);
    await page.getByRole('button', { name: 'Generate API key' }).click();
    await page.getByRole('textbox', { name: 'Name' }).fill('made meanwhile');
    released.resolve(true);
    await page.locator('.apps').getByText('3 applications').waitFor();
    await inDialog(page, 'Generate key');
    await closeSecret(page);
    await page.getByRole('heading', { name: 'made meanwhile' }).waitFor();
  });

  it('says that the list could not be loaded, keeps what is loaded, and tries again', async () => {
    for (const name of ['second', 'third']) await appkeys.createApp({ name });
    const page = await open(address());
    let requests = 0;
    await listByTwos(page, () => ![1, 3].includes(++requests));
    await paste(page, token);
    const list = page.locator('.apps');
    const again = list.getByRole('button', { name: 'Try again' });
    await list.getByText('The applications could not be loaded.').waitFor();
    expect(await page.getByText('No applications yet').count()).toBe(0);
    await again.click();
    await list.getByText('Only 2 applications are loaded. The others could not be loaded.').waitFor();
    expect(await list.locator('li').count()).toBe(2);
    await page.locator('.slot').first().waitFor();
    await again.click();
    await list.getByText('3 applications').waitFor();
    expect(await again.isVisible()).toBe(false);
    expect(await page.locator('#alert').textContent()).toBe('');
  });

  it('shows in the list the application of a link; on a narrow screen the focus goes back to the list', async () => {
    await Promise.all(Array.from({ length: 30 }, (_, index) => appkeys.createApp({ name: `newer ${index}` })));
    const page = await openConsole();
    const { top, bottom } = await page
      .locator('.apps [aria-current=true]')
      .evaluate((link) => link.getBoundingClientRect().toJSON());
    expect([top > 0, bottom <= 720]).toEqual([true, true]);
    await page.setViewportSize({ width: 360, height: 800 });
    await page.getByRole('link', { name: 'All applications' }).click();
    await page.getByRole('searchbox').waitFor();
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Applications');
  });

  it('has an address for each application: Back, the title, and the arrow keys', async () => {
    const { clientId } = await appkeys.createApp({ name: 'other' });
    const page = await openConsole();
    expect(await page.title()).toBe('the application – appkeys');
    await page.getByRole('searchbox').focus();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'other', level: 1 }).waitFor();
    expect([await page.title(), new URL(page.url()).hash]).toEqual(['other – appkeys', `#${clientId}`]);
    await page.goBack();
    await page.getByRole('heading', { name: 'the application', level: 1 }).waitFor();
    expect(await page.locator('[aria-current=true]').textContent()).toContain('the application');
  });

  it('opens nothing by itself that somebody else created', async () => {
    const principal = `guest ${crypto.randomUUID()}`;
    await appkeys.putGrant({ app, principal, actions: ['write'] });
    token = await service().token({ principal });
    const page = await open(address());
    await paste(page, token);
    await page.getByRole('heading', { name: 'Choose an application' }).waitFor();
    expect(await page.getByRole('button', { name: 'New application' }).count()).toBe(0);
    await page.locator('.apps a').click();
    await page.locator('.slot').first().waitFor();
  });

  it('creates, edits, deactivates, activates and deletes an application', async () => {
    const page = await openConsole();
    const save = async (name: string) => {
      await inDialog(page, name);
      await page.locator('dialog').waitFor({ state: 'detached' });
    };
    const press = (name: string) => page.getByRole('button', { name, exact: true }).click();
    await press('New application');
    await page.getByRole('textbox', { name: 'Name' }).fill('made here');
    await save('Create application');
    await page.getByRole('heading', { name: 'made here', level: 1 }).waitFor();
    await page.locator('.slot').first().waitFor();
    await press('Edit application');
    await page.getByRole('textbox', { name: 'Description' }).fill('sells');
    await save('Save');
    await page.locator('.app-heading').getByText('sells').waitFor();
    await press('Deactivate');
    await save('Deactivate');
    await page.getByText('Deactivated: its API keys').waitFor();
    await press('Activate');
    await save('Activate');
    await page.getByText('Deactivated: its API keys').waitFor({ state: 'detached' });
    await press('Delete application');
    await save('Delete application');
    await page.getByRole('heading', { name: 'Choose an application' }).waitFor();
    expect((await appkeys.listApps()).items.map(({ name }) => name)).toEqual(['the application']);
  });

  it('says who disabled a key, and offers that in the dialog that deletes it', async () => {
    await appkeys.generateApiKey({ app, name: 'mine' });
    const principal = `bob ${crypto.randomUUID()}`;
    await appkeys.putGrant({ app, principal, actions: ['write'] });
    const mine = token;
    token = await service().token({ principal });
    const page = await openConsole();
    await act(page, 'Delete');
    await inDialog(page, 'Disable instead');
    await page.locator('.slot.disabled').waitFor();
    token = mine;
    const other = await openConsole();
    await other.locator('.slot').getByText(`Disabled by ${principal}, just now`).waitFor();
  });

  it('offers a reader nothing that must fail, and tells why at each button', async () => {
    await appkeys.generateApiKey({ app, name: 'seen' });
    const principal = `guest ${crypto.randomUUID()}`;
    await appkeys.putGrant({ app, principal, actions: ['read'] });
    token = await service().token({ principal });
    const page = await openConsole();
    for (const name of ['Rotate', 'Edit', 'Expiry', 'Disable', 'Delete', 'Generate API key', 'Attach issuer']) {
      const button = page.locator('.view').getByRole('button', { name, exact: true });
      await button.focus();
      expect([name, await button.getAttribute('aria-disabled')]).toEqual([name, 'true']);
      await page.locator('.why:visible').first().waitFor();
    }
    await page.keyboard.press('Enter');
    expect(await page.getByRole('dialog').count()).toBe(0);
  });

  it('does not rotate a key that was rotated, and attaches token issuers only without keys', async () => {
    const { apiKey } = await appkeys.generateApiKey({ app, name: 'old' });
    await appkeys.rotateApiKey({ app, apiKey, overlapSeconds: 3600 });
    const page = await openConsole();
    const rotations = page.getByRole('button', { name: 'Rotate', exact: true });
    const disabled = await rotations.evaluateAll((found) => found.map((each) => each.getAttribute('aria-disabled')));
    expect(disabled).toEqual(['true', null]);
    await page.getByRole('button', { name: 'Attach issuer' }).focus();
    await page.getByRole('tooltip').getByText('Delete them first').and(page.locator(':visible')).waitFor();
    await appkeys.deleteApiKeys({ app });
    await showAgain(page);
    await expect.poll(() => slots(page)).toEqual(['free', 'free']);
    await page.getByRole('button', { name: 'Attach issuer' }).click();
    await page.getByLabel('URL').fill('https://issuer.example');
    await inDialog(page, 'Attach');
    await page.locator('.issuers').getByText('https://issuer.example').waitFor();
    const generate = page.getByRole('button', { name: 'Generate API key' });
    expect(await generate.getAttribute('aria-disabled')).toBe('true');
    await page.getByRole('button', { name: 'Detach https://issuer.example' }).click();
    await page.locator('.issuers li').waitFor({ state: 'detached' });
  });

  it('changes the limits of the keys, and generates a key within them', async () => {
    const page = await openConsole();
    await page.getByRole('button', { name: 'Change limits' }).click();
    await page.getByLabel('Web pages').fill('www.example.com\nexample.org/app');
    await page.getByLabel('Keys may have every scope').uncheck();
    await page.getByLabel('Scopes', { exact: true }).fill('invoices:read');
    await inDialog(page, 'Save');
    await page.locator('.limits').getByText('www.example.com, example.org/app').waitFor();
    expect(await appkeys.getApp({ app })).toMatchObject({ scopes: ['invoices:read'] });
    await page.getByRole('button', { name: 'Generate API key' }).click();
    await page.getByRole('textbox', { name: 'Name' }).fill('narrow');
    await page.getByText('Description, scopes and sources').click();
    await page.getByLabel('Scopes', { exact: true }).fill('invoices:read');
    await page.getByLabel('Sources').fill('10.0.0.0/8\nnonsense');
    await inDialog(page, 'Generate key');
    await page.locator('.field .fault').waitFor();
    expect(await page.locator('.field .fault').textContent()).toMatch(/^Sources, line 2 must be an IPv4 /);
    expect(await page.evaluate('document.activeElement.name')).toBe('allowedSources');
    await page.getByLabel('Sources').fill('10.0.0.0/8');
    await inDialog(page, 'Generate key');
    await page.locator('.secret').waitFor();
    expect(await keys()).toMatchObject([{ scopes: ['invoices:read'], allowedSources: ['10.0.0.0/8'] }]);
  });

  it.each(['curl', 'JavaScript', 'Python', 'Java', 'Go'])(
    'shows an example in %s, the key masked',
    async (language) => {
      const page = await openConsole({ permissions: ['clipboard-read', 'clipboard-write'] });
      await make(page, 'with an example');
      const key = (await page.locator('.secret').textContent()) ?? '';
      await page.getByText('Example of a call').click();
      await page.getByLabel('Language').selectOption(language);
      const snippet = page.locator('.snippet');
      expect(await snippet.textContent()).toContain('Bearer ak_••••');
      expect(await snippet.textContent()).not.toContain(key);
      await inDialog(page, 'Copy example');
      await page.getByText('Copied with the key.').waitFor();
      expect(await page.evaluate<string>('navigator.clipboard.readText()')).toContain(`Bearer ${key}`);
      await page.getByLabel('Show the key').check();
      expect(await snippet.textContent()).toContain(`Bearer ${key}`);
    },
  );

  it('an error of one application is not shown over another', async () => {
    const { clientId } = await appkeys.createApp({ name: 'other' });
    const page = await openConsole();
    await page.route('**/disable', (route) => route.fulfill(refusal('503000')));
    await appkeys.generateApiKey({ app, name: 'one' });
    await showAgain(page);
    await act(page, 'Disable');
    await page.locator('#alert').getByText('CAUSE').waitFor();
    const { top, bottom } = await page.locator('#alert').evaluate((alert) => alert.getBoundingClientRect().toJSON());
    expect([top > 0, bottom < 720]).toEqual([true, true]);
    await page.locator(`.apps a[href="#${clientId}"]`).click();
    await page.getByRole('heading', { name: 'other', level: 1 }).waitFor();
    expect(await page.locator('#alert').textContent()).toBe('');
  });

  it('an error that comes late, for a key of one application, is not shown over another', async () => {
    const { clientId } = await appkeys.createApp({ name: 'other' });
    await appkeys.generateApiKey({ app, name: 'one' });
    const page = await openConsole();
    const ended = Promise.withResolvers<void>();
    await page.route('**/disable', async (route) => {
      await ended.promise;
      await route.fulfill(refusal('503000'));
    });
    await act(page, 'Disable');
    await page.locator(`.apps a[href="#${clientId}"]`).click();
    await page.getByRole('heading', { name: 'other', level: 1 }).waitFor();
    const answered = page.waitForResponse('**/disable');
    ended.resolve();
    await (await answered).finished();
    await page.locator('.slot.free').first().waitFor();
    expect(await page.locator('#alert').textContent()).toBe('');
  });

  it('shows nothing of another application when an answer comes late', async () => {
    const { clientId } = await appkeys.createApp({ name: 'other' });
    await appkeys.generateApiKey({ app, name: 'of the first' });
    const page = await openConsole();
    const ended = Promise.withResolvers<void>();
    await page.route(`**/*${app.split('/')[1]}/apiKeys`, async (route) => {
      await ended.promise;
      await route.continue();
    });
    await showAgain(page);
    const answered = page.waitForResponse(`**/*${app.split('/')[1]}/apiKeys`);
    await page.locator(`.apps a[href="#${clientId}"]`).click();
    await page.getByRole('heading', { name: 'other', level: 1 }).waitFor();
    ended.resolve();
    await (await answered).finished();
    await expect.poll(() => slots(page)).toEqual(['free', 'free']);
    expect(await page.title()).toBe('other – appkeys');
  });

  it('closes what was asked about an application on the way back to another, but not a new key', async () => {
    const { clientId } = await appkeys.createApp({ name: 'other' });
    const page = await openConsole();
    await page.locator(`.apps a[href="#${clientId}"]`).click();
    await page.getByRole('heading', { name: 'other', level: 1 }).waitFor();
    await page.getByRole('button', { name: 'Edit application' }).click();
    await page.goBack();
    await page.locator('dialog').waitFor({ state: 'detached' });
    await page.getByRole('heading', { name: 'the application', level: 1 }).waitFor();
    await make(page, 'not copied');
    await page.goForward();
    await page.getByRole('heading', { name: 'other', level: 1, includeHidden: true }).waitFor();
    expect(await page.locator('.secret').textContent()).toMatch(/^ak_/);
  });

  it('says that an application is deleted, and until when its keys are accepted', async () => {
    const page = await openConsole();
    await page.getByRole('button', { name: 'Delete application' }).click();
    await inDialog(page, 'Delete application');
    await page
      .getByRole('heading', { name: 'Choose an application' })
      .or(page.getByText('No applications yet'))
      .waitFor();
    await page
      .locator('#status')
      .getByText('“the application” is deleted. No verifier accepts its keys after')
      .waitFor();
    expect(await page.title()).toBe('appkeys: keys');
  });

  it('offers less when rights were taken away while the page was open', async () => {
    const principal = `guest ${crypto.randomUUID()}`;
    await appkeys.generateApiKey({ app, name: 'one' });
    await appkeys.putGrant({ app, principal, actions: ['write'] });
    token = await service().token({ principal });
    const page = await openConsole();
    await appkeys.putGrant({ app, principal, actions: ['read'] });
    await act(page, 'Disable');
    await page.locator('#alert').getByText('403403').waitFor();
    await page.locator('.slot [aria-disabled]').first().waitFor();
    await appkeys.deleteGrant({ app, principal });
    await showAgain(page);
    await page.locator('#alert').getByText('404660').waitFor();
    expect(await page.locator('.slot').count()).toBe(0);
  });

  it.each([
    ['no connection', (route: Route) => route.abort(), 'did not respond. The request may have been executed.'],
    ['a token that has expired', (route: Route) => route.fulfill(refusal('401300')), '401300'],
  ])('keeps what is typed, and says what to do, with %s', async (_, answer, words) => {
    const page = await openConsole();
    await interceptCreations(page, answer);
    await page.getByRole('button', { name: 'Generate API key' }).click();
    await page.getByRole('textbox', { name: 'Name' }).fill('typed');
    await inDialog(page, 'Generate key');
    await page.getByRole('dialog').getByRole('alert').getByText(words).waitFor();
    expect(await page.getByRole('textbox', { name: 'Name' }).inputValue()).toBe('typed');
  });

  it('sends a request once, however often somebody presses', async () => {
    const page = await openConsole();
    let count = 0;
    await interceptCreations(page, async (route) => {
      count += 1;
      await route.continue();
    });
    await page.getByRole('button', { name: 'Generate API key' }).click();
    await page.getByRole('textbox', { name: 'Name' }).fill('once');
    await page.evaluate(`const form = document.querySelector('dialog form');
      for (const _ of [1, 2, 3]) form.requestSubmit();`);
    await page.locator('.secret').waitFor();
    expect([count, (await keys()).length]).toEqual([1, 1]);
  });

  it('shows names as text everywhere, in whatever direction they are written', async () => {
    const hostile = '<img src=x onerror=alert(1)>"\'&';
    await appkeys.updateApp({ app, name: hostile, description: hostile, referrers: ['www.example.com'] });
    await appkeys.generateApiKey({ app, name: 'מפתח ראשי', description: hostile });
    const { apiKey } = await appkeys.generateApiKey({ app, name: hostile });
    await appkeys.putGrant({ app, principal: hostile, actions: ['read'] });
    await appkeys.disableApiKey({ app, apiKey });
    const page = await openConsole({ viewport: { width: 360, height: 800 } });
    await page.locator('.grants li', { hasText: hostile }).waitFor();
    expect(await page.locator('h1[id=app-name]').textContent()).toBe(hostile);
    for (const name of ['Rotate', 'Edit', 'Expiry', 'Delete']) {
      await act(page, name, 1);
      await inDialog(page, 'Cancel');
    }
    expect(await page.locator('img').count()).toBe(0);
    const [left, right] = await page
      .locator('.slot h3')
      .evaluateAll((found) => found.map((each) => each.getBoundingClientRect().x));
    expect(left).toBe(right);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(360);
  });

  it('tells why calls with a key are rejected, and sends the key nowhere', async () => {
    const revealed = async (name: string, more = {}) =>
      (await appkeys.generateApiKey({ app, name, ...more })).apiKeyId.reveal();
    const usable = await revealed('usable', { allowedSources: ['10.0.0.0/8'] });
    const disabled = await revealed('off', { enabled: false });
    const { hrn, clientId } = await appkeys.createApp({ name: 'other' });
    const ofOther = (await appkeys.generateApiKey({ app: hrn, name: 'of other' })).apiKeyId.reveal();
    const page = await openConsole();
    const sent: string[] = [];
    page.on('request', (request) => sent.push(`${request.url()} ${request.postData()}`));
    await page.getByRole('button', { name: 'Why is a call rejected?' }).click();
    const field = page.getByLabel('API key', { exact: true });
    for (const [key, words] of [
      ['nonsense', 'This text is not a complete API key.'],
      [usable, 'The key is valid. An API can still reject a call'],
      [usable, 'Sources: only 10.0.0.0/8 can use the key.'],
      [disabled, 'Disabled. Enable the key, or use another one.'],
      [`${usable.slice(0, -1)}x`, 'This application has no such key.'],
      [ofOther, 'This key belongs to another application.'],
    ] as const) {
      await field.fill(key);
      await inDialog(page, 'Check');
      await page.locator('.result').getByText(words).waitFor();
    }
    for (const { apiKey } of await keys()) await appkeys.disableApiKey({ app, apiKey });
    await field.fill(usable);
    await inDialog(page, 'Check');
    await page.locator('.result').getByText('Disabled. Enable the key, or use another one.').waitFor();
    await field.fill(ofOther);
    await inDialog(page, 'Check');
    await page.locator('.result').getByRole('link').waitFor();
    expect(await violations(page)).toEqual([]);
    await page.getByRole('link', { name: `Open the application ${clientId}` }).click();
    await page.getByRole('heading', { name: 'other', level: 1 }).waitFor();
    expect(await page.getByRole('dialog').count()).toBe(0);
    for (const key of [usable, disabled, ofOther]) {
      expect(await page.content()).not.toContain(key);
      expect(sent.join()).not.toContain(key);
    }
  });

  it('keeps nothing of a new key once its dialog is closed', async () => {
    const page = await openConsole({ permissions: ['clipboard-read', 'clipboard-write'] });
    await make(page, 'gone');
    const key = (await page.locator('.secret').textContent()) ?? '';
    await closeSecret(page);
    const kept =
      'JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie, location.href, history.state])';
    expect(await page.evaluate(kept)).not.toContain(key);
    expect(await page.content()).not.toContain(key);
  });

  it('is light or dark as chosen, also after a reload', async () => {
    const page = await openConsole({ colorScheme: 'light' });
    const ground = () => page.evaluate<string>('getComputedStyle(document.body).backgroundColor');
    const light = await ground();
    await page.getByRole('button', { name: 'Colors: as the system' }).click();
    await page.getByRole('button', { name: 'Colors: light' }).click();
    expect(await ground()).not.toBe(light);
    await page.reload();
    await page.getByRole('button', { name: 'Colors: dark' }).waitFor();
    expect(await ground()).not.toBe(light);
  });

  it('offers no key of a deactivated application, and says why', async () => {
    await appkeys.generateApiKey({ app, name: 'one' });
    await appkeys.updateApp({ app, status: 'deactivated' });
    const page = await openConsole({ viewport: { width: 360, height: 800 } });
    expect(await slots(page)).toEqual(['taken disabled', 'free']);
    expect(await page.locator('.slot .badge').textContent()).toBe('Application deactivated');
    expect(await page.locator('.apps li', { hasText: 'the application' }).textContent()).toMatch(/Deactivated$/);
    expect(await page.locator('.app-heading .badge').textContent()).toContain('none can be generated');
    for (const name of ['Generate API key', 'Rotate']) {
      const button = page.getByRole('button', { name });
      await button.focus();
      expect(await button.getAttribute('aria-disabled')).toBe('true');
      await page.getByRole('tooltip').getByText('Activate it first.').and(page.locator(':visible')).waitFor();
    }
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(360);
  });

  it('shows who created an application, and grants and removes rights on it', async () => {
    const page = await openConsole();
    const grants = page.locator('.grants li');
    await grants.first().waitFor();
    expect(await page.locator('.hrn').nth(1).textContent()).toMatch(/^Created by user [0-9a-f-]{36}\. Last change: /);
    await grant(page, 'bob', 'write');
    await expect.poll(() => grants.count()).toBe(2);
    expect((await appkeys.listGrants({ app })).items).toContainEqual({ principal: 'bob', actions: ['write'] });
    await page.getByRole('button', { name: 'Remove the rights of bob' }).click();
    await inDialog(page, 'Remove rights');
    await expect.poll(() => grants.count()).toBe(1);
    expect((await appkeys.listGrants({ app })).total).toBe(1);
  });

  it('takes “manage” from nobody who alone has it, and says why', async () => {
    await appkeys.putGrant({ app, principal: 'reader', actions: ['read'] });
    const page = await openConsole({ viewport: { width: 360, height: 800 } });
    const notOffered = page.locator('.grants li [aria-disabled]');
    await expect.poll(() => notOffered.count()).toBe(2);
    for (const button of await notOffered.all()) {
      await button.focus();
      await page.getByRole('tooltip').getByText('Nobody else has “manage”.').and(page.locator(':visible')).waitFor();
      expect(await page.evaluate("document.querySelector('.view').scrollWidth")).toBe(344);
    }
    await grant(page, 'second', 'manage');
    await page.locator('.grants').getByText('second').waitFor();
    expect(await notOffered.count()).toBe(0);
  });

  it('encodes a principal once in the path', async () => {
    const principal = 'repo:my%3Aorg/a b';
    const asked: string[] = [];
    const items = [{ principal, actions: ['read'] }];
    const page = await open(address());
    await page.route('**/grants', (route) => route.fulfill({ json: { total: 1, items } }));
    await page.route('**/grants/*', (route) => {
      asked.push(`${route.request().method()} ${new URL(route.request().url()).pathname.split('/grants/')[1]}`);
      return route.fulfill(route.request().method() === 'PUT' ? { json: items[0] } : { status: 204 });
    });
    await signIn(page);
    await grant(page, principal, 'read');
    await page.getByText(`“${principal}” has read.`).waitFor();
    await page.getByRole('button', { name: `Remove the rights of ${principal}` }).click();
    await inDialog(page, 'Remove rights');
    await page.getByText(`“${principal}” has no grant any more.`).waitFor();
    expect(asked).toEqual(['PUT repo%3Amy%253Aorg%2Fa%20b', 'DELETE repo%3Amy%253Aorg%2Fa%20b']);
  });

  it('lets a principal that may only read give up its own rights', async () => {
    const principal = `guest ${crypto.randomUUID()}`;
    await appkeys.putGrant({ app, principal, actions: ['read'] });
    token = await service().token({ principal });
    const page = await openConsole();
    expect(await page.locator('.grants li').count()).toBe(0);
    await page.getByRole('button', { name: 'Give up my rights' }).click();
    await inDialog(page, 'Remove rights');
    await page.getByText('There is no application that you may see.').waitFor();
    expect((await appkeys.listGrants({ app })).total).toBe(1);
  });

  it('says so when the token still gives the rights that a principal has given up', async () => {
    const principal = `reader ${crypto.randomUUID()}`;
    await appkeys.putGrant({ app, principal, actions: ['read'] });
    token = await service().token({ principal, permissions: ['account:read:*'] });
    const page = await openConsole();
    await page.getByRole('button', { name: 'Give up my rights' }).click();
    await inDialog(page, 'Remove rights');
    await page.locator('#status').getByText('Your token still gives you rights.').waitFor();
    expect(await slots(page)).toEqual(['free', 'free']);
    expect((await appkeys.listGrants({ app })).total).toBe(1);
  });

  it('tells so when the token is none', async () => {
    const page = await open(address());
    await paste(page, 'wrong');
    await page.getByRole('alert').getByText('401300').waitFor();
    expect(await page.locator('.slot').count()).toBe(0);
  });

  it('shows names as text, whatever they are', async () => {
    const name = '<img src=x onerror=alert(1)>';
    await appkeys.generateApiKey({ app, name });
    const page = await openConsole();
    expect(await page.locator('.slot h3').first().textContent()).toBe(name);
  });

  it('shows the description, the scopes and the sources of a key that has some', async () => {
    const lists = { scopes: ['a', 's'.repeat(64)], allowedSources: ['10.0.0.0/8', '::1'] };
    await appkeys.generateApiKey({ app, name: 'plain' });
    await appkeys.generateApiKey({ app, name: 'narrow', description: 'builds', ...lists });
    const page = await openConsole({ viewport: { width: 360, height: 800 } });
    const plain = await page.locator('.slot dt').allTextContents();
    expect(plain.filter((term) => ['Description', 'Scopes', 'Sources'].includes(term))).toHaveLength(3);
    const narrow = page.locator('.slot', { hasText: 'narrow' });
    for (const text of ['builds', lists.scopes.join(', '), lists.allowedSources.join(', ')]) {
      const value = narrow.locator('dd', { hasText: text });
      expect(await value.evaluate(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth)).toBe(0);
    }
  });

  it('keeps the token in memory only, and forgets it when asked to', async () => {
    const page = await openConsole();
    const kept =
      'JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie, location.href, history.state])';
    expect(await page.evaluate(kept)).not.toContain(token);
    expect(await page.content()).not.toContain(token);
    await page.getByRole('button', { name: 'Forget token' }).click();
    expect(await page.getByLabel('Access token').inputValue()).toBe('');
    expect(await page.locator('.slot').count()).toBe(0);
  });

  it('takes no token out of a link, and none at all on a page that came over plain http from another machine', async () => {
    const elsewhere = address().replace('127.0.0.1', otherHost);
    for (const url of [address(), elsewhere]) {
      const page = await open(`${url}#token=${token}`);
      await page.getByRole('button', { name: 'Sign in' }).waitFor();
      expect(await page.getByLabel('Access token').inputValue()).toBe('');
      expect(await page.locator('.slot').count()).toBe(0);
    }
    const page = await open(elsewhere);
    await paste(page, token);
    await page.getByRole('alert').getByText('Open this page over https').waitFor();
  });
});

/** Goes through the page by the Tab key. @returns the IDs of what has the focus on the way */
async function tabStops(page: Page): Promise<string[]> {
  const ids: string[] = [];
  await page.evaluate('document.activeElement.blur()');
  for (let isInside = true; isInside; ) {
    await page.keyboard.press('Tab');
    const id = await page.evaluate<string>('document.activeElement.id');
    isInside = await page.evaluate<boolean>('document.activeElement !== document.body');
    if (ids.includes(id) && id !== '') break;
    ids.push(id);
  }
  return ids;
}

describe.skipIf(isMissing).each([
  [360, 'dark'],
  [768, 'light'],
  [1440, 'dark'],
] as const)(`at %i px, %s${needsChromium}`, (width, colorScheme) => {
  const looks = {
    viewport: { width, height: 800 },
    colorScheme,
    reducedMotion: 'reduce',
    timezoneId: 'Asia/Tokyo',
  } as const;

  it('axe finds nothing on any view or dialog, each of which opens and closes by keyboard', async () => {
    const old = await appkeys.generateApiKey({
      app,
      name: 'Größenänderungsbenachrichtigungsschlüssel 設定管理サービス',
      expiresAt: Date.now() + 86_400_000,
    });
    await appkeys.rotateApiKey({ app, apiKey: old.apiKey, overlap: { untilFirstUse: 600, atMost: 86_400 } });
    const page = await open(address(), looks);
    await page.getByText('Use an access token').click();
    expect(await violations(page)).toEqual([]);
    await page.close();
    const opened = await openConsole({ ...looks, permissions: ['clipboard-read', 'clipboard-write'] });
    await opened.locator('.grants li').waitFor();
    await opened.getByText('10 minutes after the first use of the successor').waitFor();
    expect(await violations(opened)).toEqual([]);
    expect(await opened.evaluate('document.documentElement.scrollWidth')).toBe(width);
    const withDialog =
      /^(new-app|edit-app|status-app|delete-app|check|rotate-|edit-|expire-|delete-|grant|remove-|limits)/;
    const stops = (await tabStops(opened)).filter((id) => withDialog.test(id));
    expect(stops.length).toBe(width === 1440 ? 17 : 16);
    for (const id of stops) {
      const isOffered = await opened.evaluate<boolean>(
        `(document.activeElement.blur(), document.getElementById(${JSON.stringify(id)}).focus(), document.activeElement.getAttribute('aria-disabled') === null)`,
      );
      await opened.keyboard.press('Enter');
      if (!isOffered) continue;
      await opened.getByRole('dialog').waitFor();
      expect([id, await violations(opened)]).toEqual([id, []]);
      expect(await opened.evaluate("document.querySelector('dialog').scrollWidth <= innerWidth")).toBe(true);
      await opened.keyboard.press('Escape');
      await opened.locator('dialog').waitFor({ state: 'detached' });
      await expect.poll(() => opened.evaluate('document.activeElement.id')).toBe(id);
    }
    await act(opened, 'Delete');
    await inDialog(opened, 'Delete key');
    await make(opened, 'new');
    expect(await violations(opened)).toEqual([]);
    await closeSecret(opened);
  });
});
