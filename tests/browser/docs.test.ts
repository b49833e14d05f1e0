import type { Page, Route } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { createClient } from '../../lib/package/client/client.ts';
import { isMissing, needsChromium, otherHost, useBrowser } from '../support/browser.ts';
import { violations } from '../support/console-page.ts';
import { useLocalService } from '../support/local-service.ts';

const service = useLocalService();
const open = useBrowser(() => service().issuer);

async function openWithToken(): Promise<Page> {
  const page = await open(`${service().url}/docs`);
  await typeToken(page);
  return page;
}

async function typeToken(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Sign in' }).waitFor();
  await page.locator('#token').fill(await service().token());
}

const generate = '#operations-apiKeys-generateApiKey';

describe.skipIf(isMissing)(`the reference page${needsChromium}`, () => {
  it('has every call of the OpenAPI document, ready to be tried', async () => {
    const page = await open(`${service().url}/docs`);
    await page.locator('.opblock').first().waitFor();
    const answer = await fetch(`${service().url}/openapi.json`);
    const document = (await answer.json()) as { paths: Record<string, object> };
    const calls = Object.values(document.paths).flatMap((path) => Object.keys(path));
    expect(await page.locator('.opblock').count()).toBe(calls.length);
  });

  it('generates a key with Try It, and shows the 201 and the key', async () => {
    const page = await openWithToken();
    expect(page.url()).toBe(`${service().url}/docs`);
    await page.locator(`${generate} .opblock-summary-control`).click();
    expect(await page.locator(`${generate} [data-param-name=app] input`).inputValue()).toBe(
      'hrn:here:account::myrealm:app/lACE8kgYxsahjbXnvy8w',
    );
    const asked = page.waitForRequest((request) => request.method() === 'POST');
    await page.locator(`${generate} .execute`).click();
    expect((await asked).url()).toContain(
      '/apps/hrn%3Ahere%3Aaccount%3A%3Amyrealm%3Aapp%2FlACE8kgYxsahjbXnvy8w/apiKeys',
    );
    expect((await asked).headers()).not.toHaveProperty('idempotency-key');
    const answer = page.locator(`${generate} .live-responses-table`);
    await answer.locator('.response-col_status', { hasText: '201' }).waitFor();
    expect(await answer.textContent()).toMatch(/ak_lACE8kgYxsahjbXnvy8w_[A-Za-z0-9]{49}/);
  });

  it('asks where it came from, also if the document names a deployment behind it', async () => {
    const page = await openWithToken();
    const answer = async (route: Route) => {
      const document = (await (await route.fetch()).json()) as object;
      await route.fulfill({ json: { ...document, servers: [{ url: 'https://behind.example.com/prod' }] } });
    };
    await page.route('**/openapi.json', answer);
    await page.reload();
    await typeToken(page);
    await page.locator('#operations-service-getOpenapi .opblock-summary-control').click();
    await page.unroute('**/openapi.json', answer);
    const asked = page.waitForRequest((request) => request.url().includes('openapi.json'));
    await page.locator('#operations-service-getOpenapi .execute').click();
    expect((await asked).url()).toBe(`${service().url}/openapi.json`);
  });

  it.each(['', '.', '..'])('does not send a call with %j in its path, which would be another call', async (value) => {
    const page = await openWithToken();
    const sent: string[] = [];
    page.on('request', (request) => request.method() === 'DELETE' && sent.push(request.url()));
    const call = page.locator('#operations-apiKeys-deleteApiKey');
    await call.locator('.opblock-summary-control').click();
    await call.locator('[data-param-name=apiKey] input').fill(value);
    await call.locator('.execute').click();
    await call.locator('[data-param-name=apiKey] input.invalid').waitFor();
    expect(sent).toEqual([]);
  });

  it('shows the request in the language that is chosen, as it is to be sent, and without the token', async () => {
    const page = await openWithToken();
    await page.locator(`${generate} .opblock-summary-control`).click();
    const snippet = page.locator(`${generate} .snippets`);
    await page.locator(`${generate} textarea`).fill('{"name":"typed"}');
    for (const language of ['curl', 'JavaScript', 'Python', 'Java', 'Go']) {
      await snippet.getByRole('button', { name: language, exact: true }).click();
      const text = (await snippet.locator('pre').textContent()) ?? '';
      expect(text).toContain('app%2FlACE8kgYxsahjbXnvy8w/apiKeys');
      expect(text).toContain('typed');
      expect(text).toContain('APPKEYS_TOKEN');
    }
    await page.locator(`${generate} .execute`).click();
    await page.locator(`${generate} .live-responses-table`).waitFor();
    const token = await page.locator('#token').inputValue();
    expect(token).toMatch(/^eyJ/);
    expect(await page.content()).not.toContain(token);
  });

  it('a call without a token is told what is missing; with the one typed it succeeds', async () => {
    const page = await open(`${service().url}/docs`);
    await page.getByRole('button', { name: 'Sign in' }).waitFor();
    const list = page.locator('#operations-apps-listApps');
    await list.locator('.opblock-summary-control').click();
    await list.locator('.execute').click();
    await list.locator('.live-responses-table .response-col_status', { hasText: '401' }).waitFor();
    await page.locator('#token').fill(await service().token());
    await list.locator('.execute').click();
    await list.locator('.live-responses-table .response-col_status', { hasText: '200' }).waitFor();
  });

  it('takes no token out of a link to another machine', async () => {
    const elsewhere = service().url.replace('127.0.0.1', otherHost);
    // Swagger UI warns of "_", which a real token may have.
    const page = await open(`${elsewhere}/docs#token=eyJhbGciOiJFUzI1NiJ9.e30.c2lnbmF0dXJl`);
    await page.locator('.opblock').first().waitFor();
    await page.getByRole('button', { name: 'Sign in' }).waitFor();
    expect(await page.locator('#token').inputValue()).toBe('');
  });

  it('introduces tokens, IDs, errors and idempotency, as the OpenAPI document does', async () => {
    const page = await open(`${service().url}/docs`);
    const introduction = page.getByRole('region', { name: 'Introduction' });
    await introduction.getByRole('heading', { name: 'Tokens' }).waitFor();
    expect(await introduction.getByRole('heading', { level: 2 }).allTextContents()).toEqual([
      'Tokens',
      'IDs',
      'Errors',
      'Idempotency',
    ]);
  });

  it('names an application of the caller that has a free slot, unless another one is typed', async () => {
    const principal = `user ${crypto.randomUUID()}`;
    const token = await service().token({ principal, permissions: ['account:createApp'] });
    const appkeys = createClient({ url: service().url, token });
    const free = (await appkeys.createApp({ name: 'with a slot' })).hrn;
    for (const issuer of ['', 'https://issuer.example.com']) {
      const app = (await appkeys.createApp({ name: 'taken' })).hrn;
      if (issuer) await appkeys.putIssuer({ app, issuer });
      else for (const name of ['one', 'two']) await appkeys.generateApiKey({ app, name });
    }
    const page = await open(`${service().url}/docs`);
    const field = (id: string) => page.locator(`#operations-${id} [data-param-name=app] input`);
    const press = (id: string) => page.locator(`#operations-${id} .opblock-summary-control`).click();
    await press('apiKeys-generateApiKey');
    await press('apps-getApp');
    await field('apps-getApp').fill('typed');
    await page.locator('#token').fill(token);
    await page.locator('#token').press('Tab');
    await page.getByText('The calls name “with a slot”').waitFor();
    expect(await field('apiKeys-generateApiKey').inputValue()).toBe(free);
    expect(await field('apps-getApp').inputValue()).toBe('typed');
    await press('apiKeys-listApiKeys');
    expect(await field('apiKeys-listApiKeys').inputValue()).toBe(free);
    expect(await page.content()).not.toContain(token);
  });

  it.each([
    [360, 'dark'],
    [1440, 'light'],
  ] as const)('at %i px, %s: axe finds nothing, and the examples of errors are folded', async (width, colorScheme) => {
    const looks = { viewport: { width, height: 800 }, colorScheme, reducedMotion: 'reduce' } as const;
    const page = await open(`${service().url}/docs`, looks);
    const call = page.locator(generate);
    await call.locator('.opblock-summary-control').click();
    await call.locator('.responses-wrapper .response').first().waitFor();
    expect(await call.getByText('"errorId"').count()).toBe(0);
    expect(await violations(page)).toEqual([]);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
    await call.getByRole('button', { name: 'Show the examples of errors' }).click();
    await call.getByText('"errorId"').first().waitFor();
    expect(await violations(page)).toEqual([]);
    await call.getByRole('button', { name: 'Hide the examples of errors' }).click();
    await call.locator('.execute').click();
    await call.locator('.live-responses-table .response-col_status', { hasText: '401' }).waitFor();
    expect(await violations(page)).toEqual([]);
  });
});
