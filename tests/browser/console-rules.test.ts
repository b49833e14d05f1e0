import { DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb';
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { localClient } from '../../infra/local/table.ts';
import { newApp } from '../../lib/domain/app.ts';
import { createClient } from '../../lib/package/client/client.ts';
import { appKey } from '../../lib/store/app-item.ts';
import { memberItem } from '../../lib/store/members.ts';
import { isMissing, needsChromium, useBrowser } from '../support/browser.ts';
import { act, inDialog, paste, showAgain, violations } from '../support/console-page.ts';
import { useLocalService } from '../support/local-service.ts';

const dayMs = 86_400_000;

const service = useLocalService({
  rateLimit: 'off',
  keys: { defaultDays: 45, maxDays: 60 },
  verify: { lastUsedSeconds: 'off' },
});
const open = useBrowser(() => service().issuer);

const tokenOf = (principal: string) => service().token({ principal, permissions: ['account:createApp'] });

async function appWithPage() {
  const token = await tokenOf(`user ${crypto.randomUUID()}`);
  const appkeys = createClient({ url: service().url, token });
  const { hrn: app, clientId } = await appkeys.createApp({ name: 'with rules' });
  const openIt = async (options?: Parameters<typeof open>[1]) => {
    const page = await open(`${service().url}/console#${clientId}`, options);
    await paste(page, token);
    await page.locator('.slot').first().waitFor();
    return page;
  };
  return { appkeys, app, openIt };
}

const optionsOf = (page: Page, label: string) => page.getByLabel(label).locator('option').allTextContents();
const daysUntil = (expiresAt = 0) => Math.round((expiresAt - Date.now()) / dayMs);

const idOf = (index: number) => `many${String(index).padStart(4, '0')}`;

/** Writes applications of a principal, with less effort than by calls. */
async function seedApps(principal: string, count: number): Promise<void> {
  const { AWS_ENDPOINT_URL_DYNAMODB: endpoint = '', TABLE_NAME: TableName = '' } = service().verifierEnvironment;
  const client = DynamoDBDocumentClient.from(localClient(endpoint));
  const put = (Item: object) => client.send(new PutCommand({ TableName, Item: { ...Item } }));
  for (let index = 0; index < count; index += 1) {
    const appId = idOf(index);
    const made = { realm: 'myrealm', name: `application ${index}`, owner: principal, op: 'op', correlationId: 'id' };
    const { appId: _, ...app } = newApp({ ...made, appId, now: Date.now() + index });
    await Promise.all([put({ ...appKey(appId), ...app }), put(memberItem({ appId, ...app }, principal))]);
  }
  client.destroy();
}

describe.skipIf(isMissing)(`the console, where the settings have rules${needsChromium}`, () => {
  it('offers no expiry later than the maximum, and begins with the default', async () => {
    const { appkeys, app, openIt } = await appWithPage();
    const page = await openIt();
    await page.getByRole('button', { name: 'Generate API key' }).click();
    const offered = await optionsOf(page, 'Expires');
    expect(offered[0]).toMatch(/^As late as allowed: /);
    expect(offered.slice(1)).toEqual(['In 30 days', 'In 45 days', 'At another time']);
    await page.getByRole('textbox', { name: 'Name' }).fill('usual');
    await inDialog(page, 'Generate key');
    await page.locator('.secret').waitFor();
    const [key] = (await appkeys.listApiKeys({ app })).items;
    expect(daysUntil(key?.expiresAt)).toBe(45);
  });

  it('bounds another time by the maximum, in the browser and in the service', async () => {
    const { appkeys, app, openIt } = await appWithPage();
    await appkeys.generateApiKey({ app, name: 'bounded' });
    const page = await openIt();
    await act(page, 'Expiry');
    const field = page.getByLabel('Date and time');
    const max = (await field.getAttribute('max')) ?? '';
    expect(daysUntil(new Date(max).getTime())).toBe(60);
    await field.fill('2099-01-01T00:00');
    await inDialog(page, 'Set expiry');
    expect(
      await field.evaluate((input: { validity: { rangeOverflow: boolean } }) => input.validity.rangeOverflow),
    ).toBe(true);
    await page.evaluate("document.querySelector('[type=datetime-local]').removeAttribute('max')");
    await inDialog(page, 'Set expiry');
    await page.getByText('The expiry must be at most 60 days after the creation of the API key.').waitFor();
    await page.getByLabel('Expires', { exact: true }).selectOption('0');
    await inDialog(page, 'Set expiry');
    await page.locator('dialog').waitFor({ state: 'detached' });
    expect(daysUntil((await appkeys.listApiKeys({ app })).items[0]?.expiresAt)).toBe(60);
  });

  it('rotates by each kind of overlap, and shows when the old key ends', async () => {
    const { appkeys, app, openIt } = await appWithPage();
    const { apiKey } = await appkeys.generateApiKey({ app, name: 'turned' });
    const page = await openIt({ permissions: ['clipboard-read', 'clipboard-write'] });
    const rotation = page.locator('.rotation');
    await act(page, 'Rotate');
    const firstUse = page.getByLabel('When the successor is in use');
    expect(await firstUse.isDisabled()).toBe(true);
    await page.getByText('This service does not record when a key is used.').waitFor();
    await page.getByLabel('Overlap').selectOption({ label: '7 days' });
    await page.locator('.outcome').getByText('Both keys are valid until').waitFor();
    await page.getByLabel('The successor expires').selectOption({ label: 'In 30 days' });
    await inDialog(page, 'Rotate');
    await page.locator('.secret').waitFor();
    await inDialog(page, 'Copy key');
    await page.getByText('Copied.').waitFor();
    await inDialog(page, 'Close');
    await rotation.getByText('in 7 days').waitFor();
    const keys = (await appkeys.listApiKeys({ app })).items;
    expect(keys.map(({ expiresAt }) => daysUntil(expiresAt))).toEqual([7, 30]);
    await act(page, 'Rotate', 1);
    expect(await page.getByLabel('After a fixed time').isDisabled()).toBe(true);
    await page.getByText('An overlap needs a free slot.').waitFor();
    await page.locator('.outcome').getByText('The old key ends at once.').waitFor();
    await inDialog(page, 'Cancel');
    await appkeys.deleteApiKey({ app, apiKey: keys[1]?.apiKey ?? '' });
    await showAgain(page);
    await rotation.waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Rotate' }).focus();
    await page.getByRole('tooltip').getByText('its successor was removed').and(page.locator(':visible')).waitFor();
    expect((await appkeys.rotateApiKey({ app, apiKey }).catch((error) => error)).code).toBe('409304');
  });

  it('says that uses are not recorded, and not that there was none', async () => {
    const { appkeys, app, openIt } = await appWithPage();
    await appkeys.generateApiKey({ app, name: 'unseen' });
    const page = await openIt();
    await page.locator('.slot dd').getByText('Not recorded by this service').waitFor();
  });

  it('lists the first 1,000 applications, says so, and opens another one by its ID', async () => {
    const principal = `user ${crypto.randomUUID()}`;
    await seedApps(principal, 1_001);
    const page = await open(`${service().url}/console`, { viewport: { width: 768, height: 800 } });
    await paste(page, await tokenOf(principal));
    await page.getByText('Only the first 1,000 are listed.').waitFor();
    expect(await page.locator('.apps li').count()).toBe(1_000);
    await page.getByRole('searchbox').fill(idOf(0));
    await page.getByText('0 of the first 1,000.').waitFor();
    expect(await violations(page)).toEqual([]);
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'application 0', level: 1 }).waitFor();
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(768);
  });
});
