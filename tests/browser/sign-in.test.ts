import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import axe from 'axe-core';
import type { Page, Route } from 'playwright-core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createClient } from '../../lib/package/client/client.ts';
import { isMissing, needsChromium, screens, useBrowser } from '../support/browser.ts';
import { useLocalService } from '../support/local-service.ts';

const service = useLocalService({ rateLimit: 'off' });
const open = useBrowser(() => service().issuer);

type Options = Parameters<typeof open>[1];

const address = () => `${service().url}/console`;
const reference = () => `${service().url}/docs`;
const named = (page: Page, name: string) => page.getByRole('button', { name, exact: true });
const alertOf = (page: Page) => page.locator('#alert');
const user = (page: Page, name: string) => page.getByRole('button', { name: new RegExp(`^${name}`) });

/** Opens a page of the service after `prepare`, which may intercept its requests. */
async function openAfter(prepare: (page: Page) => Promise<unknown>, url = address(), options?: Options): Promise<Page> {
  const page = await open(`${service().url}/openapi.json`, options);
  await prepare(page);
  await page.goto(url);
  return page;
}

async function openAs(name: string, prepare: (page: Page) => Promise<unknown> = async () => {}): Promise<Page> {
  const page = await openAfter(prepare);
  await named(page, 'Sign in').click();
  await user(page, name).click();
  await named(page, 'Sign out').waitFor();
  return page;
}

async function paste(page: Page): Promise<void> {
  await page.locator('summary').click();
  await page.getByLabel('Access token').fill(await service().token());
  await named(page, 'Open').click();
  await page.locator('.slot').first().waitFor();
}

/** Makes an application of that principal's, the first in its list. */
async function newApp(principal: string): Promise<string> {
  const token = await service().token({ principal, permissions: ['account:createApp'] });
  const name = `app ${crypto.randomUUID()}`;
  await createClient({ url: service().url, token }).createApp({ name });
  return name;
}

const clickApp = (page: Page, name: string) => page.locator('.apps').getByRole('link', { name }).click();

async function chooseApp(page: Page, name: string): Promise<void> {
  await clickApp(page, name);
  await page.getByRole('heading', { name, level: 1 }).waitFor();
}

async function startKey(page: Page, name: string): Promise<void> {
  await named(page, 'Generate API key').click();
  await page.getByRole('textbox', { name: 'Name' }).fill(name);
  await makeKey(page);
}

const makeKey = (page: Page) => named(page, 'Generate key').click();
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const storageOf = (page: Page) =>
  page.evaluate<string>('JSON.stringify([{ ...sessionStorage }, { ...localStorage }, document.cookie, history.state])');

interface Tokens {
  readonly access_token: string;
  readonly refresh_token: string;
  readonly id_token: string;
}

/** Shortens each access token, and notes what the token endpoint is asked and what it answers. */
async function watchTokens(page: Page, expiresIn: readonly number[] = []): Promise<[URLSearchParams, Tokens][]> {
  const seen: [URLSearchParams, Tokens][] = [];
  await page.route(`${service().issuer}/token`, async (route) => {
    const response = await route.fetch();
    const body = await response.json();
    const count = seen.push([new URLSearchParams(route.request().postData() ?? ''), body]);
    await route.fulfill({ response, json: { ...body, expires_in: expiresIn[count - 1] ?? body.expires_in } });
  });
  return seen;
}

/** An access token that can be renewed is renewed after half its life at the latest: this one after one second. */
const expiresSoon = 2;

/** What the tab keeps: who it shows, and between leaving and coming back what belongs to the sign-in. */
const keptBy = (page: Page) => page.evaluate<object>('({ ...sessionStorage })');
const broken = (page: Page) =>
  page.route(`${service().issuer}/**`, (route) =>
    route.fulfill({ status: 503, headers: { 'Access-Control-Allow-Origin': '*' }, body: 'Maintenance' }),
  );
const down = (page: Page) => page.route(`${service().issuer}/**`, (route) => route.abort());
const up = (page: Page) => page.unroute(`${service().issuer}/**`);

/** The first silent sign-ins come back at once, with this in the place of an answer. @returns how many do */
async function sendBack(page: Page, suffix: string, times = Number.POSITIVE_INFINITY): Promise<() => number> {
  let count = 0;
  await page.clock.setFixedTime(Date.now());
  await page.route(
    `${service().issuer}/auth?*`,
    (route) => {
      count += 1;
      return route.fulfill({ status: 303, headers: { Location: address() + suffix } });
    },
    { times },
  );
  return () => count;
}

/** Replaces a part of the page's setting before the page reads it. */
function withSetting(page: Page, before: string, after: string): Promise<unknown> {
  return page.addInitScript(`document.addEventListener('readystatechange', () => {
    const { dataset } = document.body;
    if (dataset.signIn) dataset.signIn = dataset.signIn.replace(${JSON.stringify(before)}, ${JSON.stringify(after)});
  });`);
}

async function violations(page: Page, part = 'document'): Promise<string[]> {
  await page.evaluate(axe.source);
  const found = (await page.evaluate(`axe.run(${part})`)) as axe.AxeResults;
  return found.violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
}

describe.skipIf(isMissing)(`who signs in${needsChromium}`, () => {
  it('as the administrator sees the applications of everybody, and may change them', async () => {
    const name = await newApp('somebody');
    const page = await openAs('admin');
    expect(await page.locator('#who').textContent()).toContain('admin');
    await chooseApp(page, name);
    await page.locator('.grants li', { hasText: 'somebody' }).waitFor();
    await startKey(page, 'of the administrator');
    await page.locator('.secret').waitFor();
  });

  it('as the application owner sees its own applications, and may change them', async () => {
    const [name, other] = [await newApp('demo'), await newApp('somebody')];
    const page = await openAs('demo');
    await chooseApp(page, name);
    expect(await page.locator('.apps').textContent()).not.toContain(other);
    await startKey(page, 'of the owner');
    await page.locator('.secret').waitFor();
  });

  it('as the reader sees the applications of everybody, and may change none', async () => {
    const name = await newApp('somebody');
    const page = await openAs('reader');
    await chooseApp(page, name);
    const generate = named(page, 'Generate API key');
    await generate.waitFor();
    expect(await generate.getAttribute('aria-disabled')).toBe('true');
  });

  it('and reloads is signed in, at the same place, and the history is as long as before', async () => {
    const page = await openAs('demo');
    await page.locator('.apps').getByRole('link', { name: 'Partner portal' }).click();
    await page.getByRole('heading', { name: 'Partner portal' }).waitFor();
    const before = [page.url(), await page.evaluate('history.length')];
    await page.reload();
    await page.getByRole('heading', { name: 'Partner portal' }).waitFor();
    expect([page.url(), await page.evaluate('history.length')]).toEqual(before);
  });

  it('is asked after a reload when the session has expired', async () => {
    const page = await openAs('demo');
    await page.context().clearCookies();
    await page.reload();
    await named(page, 'Sign in').waitFor();
    expect(await alertOf(page).textContent()).toBe('');
    expect(page.url()).toMatch(/\/console(#\w+)?$/);
  });

  it('is signed in on the reference page too, whose calls have the token, and its text has it not', async () => {
    const page = await openAs('reader');
    await page.goto(`${reference()}#/apps/listApps`);
    await named(page, 'Sign out').waitFor();
    const list = page.locator('#operations-apps-listApps');
    const asked = page.waitForRequest((request) => /\/apps(\?|$)/.test(request.url()));
    await list.locator('.execute').click();
    const { authorization = '' } = (await asked).headers();
    await list.locator('.live-responses-table .response-col_status', { hasText: '200' }).waitFor();
    expect(authorization).toMatch(/^Bearer eyJ/);
    expect(await page.content()).not.toContain(authorization.slice('Bearer '.length));
    await page.reload();
    await list.locator('.execute').waitFor();
    expect(page.url()).toBe(`${reference()}#/apps/listApps`);
  });

  it('signs in and out on the reference page', async () => {
    const page = await open(reference());
    await named(page, 'Sign in').click();
    await user(page, 'demo').click();
    await page.getByText('You are signed in.').waitFor();
    expect([page.url(), await page.locator('#token').isVisible()]).toEqual([reference(), false]);
    await named(page, 'Sign out').click();
    await named(page, 'Sign out').click();
    await named(page, 'Sign in').waitFor();
    expect([page.url(), await page.locator('#token').isVisible()]).toEqual([reference(), true]);
  });

  it('and signs out ends the session at the identity provider: a reload asks again', async () => {
    const page = await openAs('demo');
    await named(page, 'Sign out').click();
    await page.getByText('Your session at the identity provider ends too.').waitFor();
    await named(page, 'Sign out').click();
    await named(page, 'Sign in').waitFor();
    expect(page.url()).toBe(address());
    await page.reload();
    await named(page, 'Sign in').click();
    await user(page, 'reader').waitFor();
  });

  it('and stays when asked for the end of the session goes on', async () => {
    const page = await openAs('demo');
    await named(page, 'Sign out').click();
    await named(page, 'Stay signed in').click();
    await named(page, 'Sign out').waitFor();
    expect(new URL(page.url()).host).toBe(new URL(address()).host);
  });

  it('at a provider that cannot end a session is signed out in place', async () => {
    const page = await openAs('demo', (prepared) => withSetting(prepared, '"endSession"', '"another"'));
    await named(page, 'Sign out').click();
    await page.getByText('The identity provider may still know you.').waitFor();
    expect(await page.locator('.slot').count()).toBe(0);
    await named(page, 'Sign in').click();
    await named(page, 'Sign out').waitFor();
  });

  it('in two tabs has two sessions, and both are over when one has signed out', async () => {
    const page = await open(address());
    const other = await page.context().newPage();
    await other.goto(address());
    await named(page, 'Sign in').click();
    await named(other, 'Sign in').click();
    await user(page, 'demo').waitFor();
    await user(other, 'demo').click();
    await named(other, 'Sign out').waitFor();
    await user(page, 'demo').click();
    await named(page, 'Sign out').waitFor();
    await named(other, 'Sign out').click();
    await named(other, 'Sign out').click();
    await named(other, 'Sign in').waitFor();
    await alertOf(page).getByText('You have signed out in another tab. Sign in again.').waitFor();
    expect(await page.locator('.slot, .apps').count()).toBe(0);
    await page.reload();
    await named(page, 'Sign in').waitFor();
  });

  it('and signs out in the console is signed out on the reference page, and the other way round', async () => {
    const page = await openAs('demo', (prepared) => withSetting(prepared, '"endSession"', '"another"'));
    const other = await page.context().newPage();
    await other.goto(reference());
    await named(other, 'Sign out').waitFor();
    await named(page, 'Sign out').click();
    await other.getByText('You have signed out in another tab. Sign in again.').waitFor();
    await named(other, 'Sign in').click();
    await other.getByText('You are signed in.').waitFor();
    await named(page, 'Sign in').click();
    await named(page, 'Sign out').waitFor();
    await named(other, 'Sign out').click();
    await alertOf(page).getByText('You have signed out in another tab. Sign in again.').waitFor();
    expect(await page.locator('.slot, .apps').count()).toBe(0);
  });

  it.each([
    ['console', address, '#alert'],
    ['reference page', reference, '#token-note'],
  ])('and signs out of the %s while the identity provider is down is signed out in place', async (_, url, words) => {
    const page = await openAs('demo');
    await page.goto(url());
    await named(page, 'Sign out').waitFor();
    await down(page);
    await named(page, 'Sign out').click();
    await page
      .locator(words)
      .getByText(
        `You are signed out here. The identity provider at ${service().issuer} does not answer, so it may still know you.`,
      )
      .waitFor();
    await named(page, 'Sign in').waitFor();
    expect([page.url().replace(/#.*/, ''), await page.locator('.slot, .apps').count()]).toEqual([url(), 0]);
  });

  it('and reloads before the identity provider has answered is signed in', async () => {
    const page = await openAs('demo');
    const count = await sendBack(page, '', 1);
    await page.reload();
    await named(page, 'Sign out').waitFor();
    expect(count()).toBe(1);
  });

  it('at a provider that hides what has no CORS from other origins is signed in', async () => {
    // What a test itself answers with is not subject to the policy.
    const headers = { 'access-control-allow-origin': '*', 'cross-origin-resource-policy': 'same-origin' };
    const server = createServer((_, response) => response.writeHead(200, headers).end('{}'));
    await once(server.listen(0, '127.0.0.1'), 'listening');
    onTestFinished(() => void server.close().closeAllConnections());
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const page = await openAfter((prepared) =>
      prepared.route(`${service().issuer}/.well-known/openid-configuration`, (route) => route.continue({ url })),
    );
    await named(page, 'Sign in').click();
    await user(page, 'demo').click();
    await named(page, 'Sign out').waitFor();
  });

  it('at a provider whose discovery page has no CORS is signed in', async () => {
    let count = 0;
    const page = await openAfter((prepared) =>
      prepared.route(`${service().issuer}/.well-known/openid-configuration`, (route) => {
        count += 1;
        return count % 2 === 1 ? route.abort() : route.continue();
      }),
    );
    await named(page, 'Sign in').click();
    await user(page, 'demo').click();
    await named(page, 'Sign out').waitFor();
    expect(count).toBe(4);
  });

  it('and reloads is told once when another user has signed in meanwhile', async () => {
    const page = await openAs('demo');
    const other = await page.context().newPage();
    await page.context().clearCookies();
    await other.goto(address());
    await named(other, 'Sign in').click();
    await user(other, 'reader').click();
    await named(other, 'Sign out').waitFor();
    expect(await other.locator('#status').textContent()).toBe('');
    await page.reload();
    await page.locator('#status').getByText('You are signed in as reader now, no longer as demo.').waitFor();
    await page.reload();
    await named(page, 'Sign out').waitFor();
    expect(await page.locator('#status').textContent()).toBe('');
  });

  it('and signs out leaves no name for the next user', async () => {
    const page = await openAs('demo', (prepared) => withSetting(prepared, '"endSession"', '"another"'));
    expect(await keptBy(page)).toEqual({ 'appkeys principal': 'demo' });
    await named(page, 'Sign out').click();
    await page.getByText('The identity provider may still know you.').waitFor();
    expect(await keptBy(page)).toEqual({});
  });

  it('leaves no token, code or verifier anywhere but in the requests that need them', async () => {
    const shown: string[] = [];
    let tokens: [URLSearchParams, Tokens][] = [];
    const page = await openAs('demo', async (prepared) => {
      prepared.on('console', (message) => shown.push(message.text()));
      tokens = await watchTokens(prepared, [expiresSoon]);
    });
    await pause(1_100);
    await chooseApp(page, 'Partner portal');
    await expect.poll(() => tokens.length).toBe(2);
    const devTools = await page.context().newCDPSession(page);
    const { entries } = await devTools.send('Page.getNavigationHistory');
    const places = {
      content: await page.content(),
      storage: await storageOf(page),
      history: JSON.stringify(entries),
      cookies: JSON.stringify(await page.context().cookies()),
      console: shown.join('\n'),
      log: service().output(),
    };
    expect(JSON.parse(places.storage).slice(0, 2)).toEqual([{ 'appkeys principal': 'demo' }, {}]);
    const secrets = tokens.flatMap(([asked, { access_token, refresh_token, id_token }]) => [
      access_token,
      refresh_token,
      id_token,
      asked.get('code') ?? access_token,
      asked.get('code_verifier') ?? access_token,
    ]);
    for (const secret of secrets) {
      expect(secret.length).toBeGreaterThan(40);
      for (const [place, text] of Object.entries(places)) expect(text.includes(secret), place).toBe(false);
    }
  });
});

describe.skipIf(isMissing)(`an access token${needsChromium}`, () => {
  it('that expires is renewed once, however many calls need it', async () => {
    let tokens: [URLSearchParams, Tokens][] = [];
    const page = await openAs('demo', async (prepared) => {
      tokens = await watchTokens(prepared, [expiresSoon]);
    });
    await page.locator('.grants li').first().waitFor();
    await pause(1_100);
    const used = new Set<string | undefined>();
    page.on('request', (request) => request.url().includes('/apps/') && used.add(request.headers().authorization));
    await chooseApp(page, 'Partner portal');
    await page.locator('.grants li').first().waitFor();
    expect(tokens.map(([asked]) => asked.get('grant_type'))).toEqual(['authorization_code', 'refresh_token']);
    expect([...used]).toEqual([`Bearer ${tokens[1]?.[1].access_token}`]);
  });

  it('of a minute that cannot be renewed is used until its end, and no longer', async () => {
    const now = Date.now();
    const page = await openAs('demo', async (prepared) => {
      await prepared.clock.setFixedTime(now);
      await prepared.route(`${service().issuer}/token`, async (route) => {
        const response = await route.fetch();
        const { refresh_token: _, ...body } = (await response.json()) as Tokens;
        await route.fulfill({ response, json: { ...body, expires_in: 60 } });
      });
    });
    await page.clock.setFixedTime(now + 59_000);
    await chooseApp(page, 'Partner portal');
    await page.locator('.slot').first().waitFor();
    await page.clock.setFixedTime(now + 60_000);
    await clickApp(page, 'Billing API');
    await alertOf(page).getByText('Your session has ended. Sign in again.').waitFor();
    expect([await named(page, 'Sign in').count(), await named(page, 'Sign out').count()]).toEqual([1, 0]);
    expect(await page.locator('.slot, .apps').count()).toBe(0);
  });

  it('that cannot be renewed leaves a new key on the screen', async () => {
    const app = await newApp('demo');
    const now = Date.now();
    const page = await openAs('demo', async (prepared) => {
      await prepared.clock.setFixedTime(now);
      await watchTokens(prepared, [60]);
    });
    await chooseApp(page, app);
    await startKey(page, 'shown once');
    await page.locator('.secret').waitFor();
    const refused = { status: 400, json: { error: 'invalid_grant' }, headers: { 'Access-Control-Allow-Origin': '*' } };
    await page.route(`${service().issuer}/token`, (route) => route.fulfill(refused));
    await page.clock.setFixedTime(now + 60_000);
    await page.evaluate(`document.dispatchEvent(new Event('visibilitychange'))`);
    await page.locator('.sign-in').waitFor({ state: 'attached' });
    expect(await page.locator('.secret').textContent()).toMatch(/^ak_/);
    await named(page, 'Close').click();
    await named(page, 'Close anyway').click();
    await alertOf(page).getByText('Your session has ended. Sign in again.').waitFor();
    expect([await named(page, 'Sign in').count(), await named(page, 'Sign out').count()]).toEqual([1, 0]);
  });

  it('of a minute is renewed after half of it, and not for each call', async () => {
    const now = Date.now();
    let tokens: [URLSearchParams, Tokens][] = [];
    const page = await openAs('demo', async (prepared) => {
      await prepared.clock.setFixedTime(now);
      tokens = await watchTokens(prepared, [60]);
    });
    await page.clock.setFixedTime(now + 29_000);
    await chooseApp(page, 'Partner portal');
    await page.locator('.slot').first().waitFor();
    expect(tokens).toHaveLength(1);
    await page.clock.setFixedTime(now + 30_000);
    await chooseApp(page, 'Billing API');
    await expect.poll(() => tokens.length).toBe(2);
  });

  it.each([
    ['that was used', '/token', 'refresh_token'],
    ['that was revoked', '/token/revocation', 'token'],
  ])(
    'cannot be renewed with a refresh token %s: the page says so in place, and nothing typed is lost',
    async (_, path, name) => {
      const app = await newApp('demo');
      let tokens: [URLSearchParams, Tokens][] = [];
      const page = await openAs('demo', async (prepared) => {
        tokens = await watchTokens(prepared, [expiresSoon]);
      });
      await chooseApp(page, app);
      await named(page, 'Generate API key').waitFor();
      const refreshToken = tokens[0]?.[1].refresh_token ?? '';
      const form = { client_id: 'appkeys', grant_type: 'refresh_token', [name]: refreshToken };
      const reply = await fetch(service().issuer + path, { method: 'POST', body: new URLSearchParams(form) });
      expect(reply.status).toBe(200);
      await pause(1_100);
      await startKey(page, 'typed');
      const dialog = page.getByRole('dialog');
      await dialog.getByText('Your session has ended. Sign in again.').waitFor();
      expect(await page.getByRole('textbox', { name: 'Name' }).inputValue()).toBe('typed');
      await dialog.getByRole('button', { name: 'Sign in' }).click();
      await page.getByRole('heading', { name: app }).waitFor();
      await startKey(page, 'typed again');
      await page.locator('.secret').waitFor();
    },
  );

  it.each([
    ['down', (page: Page) => down(page)],
    ['out of order', (page: Page) => broken(page)],
  ])('is renewed when the identity provider is no longer %s, and nothing typed is lost', async (_, fail) => {
    const app = await newApp('demo');
    const page = await openAs('demo', (prepared) => watchTokens(prepared, [expiresSoon]));
    await chooseApp(page, app);
    await pause(1_100);
    await fail(page);
    await startKey(page, 'typed');
    await page.getByRole('dialog').getByText('does not answer. Try again in a while.').waitFor();
    await up(page);
    await makeKey(page);
    await page.locator('.secret').waitFor();
  });

  it('that cannot be renewed for the reference page leaves a way to sign in again, and one to type a token', async () => {
    const page = await openAs('demo', async (prepared) => {
      await watchTokens(prepared, [3600, expiresSoon]);
    });
    await page.goto(`${reference()}#/apps/listApps`);
    await named(page, 'Sign out').waitFor();
    await down(page);
    await pause(1_100);
    const list = page.locator('#operations-apps-listApps');
    await list.locator('.execute').click();
    await page.locator('#token-note', { hasText: 'does not answer' }).waitFor();
    await list.locator('.live-responses-table .response-col_status', { hasText: '401' }).waitFor();
    await up(page);
    await list.locator('.execute').click();
    await list.locator('.live-responses-table .response-col_status', { hasText: '200' }).waitFor();
    await page.getByText('You are signed in.').waitFor();
  });

  it('that the service rejects leaves a way to sign in again', async () => {
    const page = await openAs('demo');
    const body = { code: '401300', title: 'T', cause: 'CAUSE', action: 'ACTION', correlationId: 'x' };
    await page.route('**/apiKeys', (route) => route.fulfill({ status: 401, json: body }));
    await chooseApp(page, 'Partner portal');
    await alertOf(page).getByText('CAUSE').waitFor();
    await page.unroute('**/apiKeys');
    await alertOf(page).getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('heading', { name: 'Partner portal' }).waitFor();
    await page.locator('.slot').first().waitFor();
  });
});

describe.skipIf(isMissing)(`a sign-in that fails${needsChromium}`, () => {
  const unused = /gave an answer that cannot be used/;

  /** Says what happened, in an address without parameters, and leaves nothing behind. */
  async function expectNotSignedIn(page: Page, message: string | RegExp): Promise<void> {
    await alertOf(page).getByText(message).waitFor();
    await named(page, 'Sign in').waitFor();
    expect(new URL(page.url()).search).toBe('');
    const [{ 'appkeys principal': _, ...ofTab }, ofOrigin] = JSON.parse(await storageOf(page));
    expect([ofTab, ofOrigin]).toEqual([{}, {}]);
    expect(await named(page, 'Sign out').count()).toBe(0);
  }

  it('because it was cancelled', async () => {
    const page = await open(address());
    await named(page, 'Sign in').click();
    await named(page, 'Cancel').click();
    await expectNotSignedIn(
      page,
      'You are not signed in. The sign-in was cancelled, or the identity provider denied it.',
    );
    await named(page, 'Sign in').click();
    await user(page, 'demo').click();
    await named(page, 'Sign out').waitFor();
  });

  it('because its state is wrong asks for no token', async () => {
    const page = await open(address());
    const asked: string[] = [];
    page.on('request', (request) => request.url().endsWith('/token') && asked.push(request.url()));
    await named(page, 'Sign in').click();
    await user(page, 'demo').waitFor();
    await page.goto(`${address()}?code=stolen&state=wrong&iss=${encodeURIComponent(service().issuer)}`);
    await expectNotSignedIn(page, 'This sign-in has expired, or was started in another tab. Sign in again.');
    expect(asked).toEqual([]);
  });

  it.each(['code=old&state=old', 'error=access_denied&state=old', 'state='])(
    'because the address has an old answer: %s',
    async (query) => {
      const page = await open(`${address()}?${query}`);
      await expectNotSignedIn(page, 'This sign-in has expired, or was started in another tab. Sign in again.');
      expect(page.url()).toBe(address());
    },
  );

  it.each([
    ['nonce', unused],
    ['code_challenge', 'Your session has ended. Sign in again.'],
  ])('because the %s is not that of this page', async (name, message) => {
    const page = await openAfter((prepared) =>
      prepared.route(`${service().issuer}/auth?*`, (route) => {
        const url = new URL(route.request().url());
        if (!url.searchParams.has('prompt')) url.searchParams.set(name, 'x'.repeat(43));
        return route.continue({ url: url.href });
      }),
    );
    await named(page, 'Sign in').click();
    await user(page, 'demo').click();
    await expectNotSignedIn(page, message);
  });

  it('because the identity provider does not come to a decision says with what', async () => {
    const page = await openAfter((prepared) =>
      prepared.route(`${service().issuer}/auth?*`, (route) => {
        const state = new URL(route.request().url()).searchParams.get('state');
        return route.fulfill({ status: 303, headers: { Location: `${address()}?error=server_error&state=${state}` } });
      }),
    );
    await expectNotSignedIn(page, 'The identity provider did not sign you in (server_error). Sign in again.');
  });

  it.each<[string, Parameters<Route['fulfill']>[0], string | RegExp]>([
    ['500', { status: 500, json: { error: 'server_error' } }, 'does not answer. Try again in a while.'],
    ['a page instead of JSON', { status: 200, contentType: 'text/html', body: '<h1>Maintenance</h1>' }, unused],
    ['a 502 of a proxy', { status: 502, contentType: 'text/html', body: '<h1>Bad gateway</h1>' }, /does not answer/],
    ['broken JSON', { status: 200, contentType: 'application/json', body: '{"access_token":' }, unused],
    ['nothing', { status: 200, body: '' }, unused],
    ['no access token', { status: 200, json: { token_type: 'bearer' } }, unused],
    ['no ID token', { status: 200, json: { token_type: 'bearer', access_token: 'x' } }, unused],
    ['an expired code', { status: 400, json: { error: 'invalid_grant' } }, 'Your session has ended. Sign in again.'],
    ['a rejection', { status: 401, json: { error: 'invalid_client' } }, unused],
    ['a redirect', { status: 302, headers: { Location: '/elsewhere' } }, /does not answer|cannot be used/],
  ])('because the token endpoint answers with %s', async (_, answer, message) => {
    const headers = { 'Access-Control-Allow-Origin': '*', ...answer?.headers };
    const page = await openAfter((prepared) =>
      prepared.route(`${service().issuer}/token`, (route) => route.fulfill({ ...answer, headers })),
    );
    await named(page, 'Sign in').click();
    await user(page, 'demo').click();
    await expectNotSignedIn(page, message);
    await paste(page);
  });

  it('because the identity provider is down at load leaves a page that takes a token', async () => {
    const page = await openAfter(down);
    await expectNotSignedIn(
      page,
      `The identity provider at ${service().issuer} does not answer. Try again in a while.`,
    );
    await named(page, 'Sign in').click();
    await alertOf(page).getByText('does not answer').waitFor();
    await paste(page);
    expect(await alertOf(page).textContent()).toBe('');
  });

  it('because the identity provider answers with 503 leaves a page that takes a token', async () => {
    const page = await openAfter(broken);
    const words = `The identity provider at ${service().issuer} does not answer properly. Try again in a while.`;
    await expectNotSignedIn(page, words);
    await named(page, 'Sign in').click();
    await alertOf(page).getByText(words).waitFor();
    await paste(page);
  });

  it('because the identity provider is down leaves a reference page that takes a token', async () => {
    const page = await openAfter(down, `${reference()}#/apps/listApps`);
    await page.locator('#token-note', { hasText: 'does not answer. Try again in a while.' }).waitFor();
    await page.locator('#token').fill(await service().token());
    const list = page.locator('#operations-apps-listApps');
    await list.locator('.execute').click();
    await list.locator('.live-responses-table .response-col_status', { hasText: '200' }).waitFor();
  });

  it.each(['/.well-known/openid-configuration', '/auth?*', '/token'])(
    'because %s takes too long says so after 10 seconds, and that it waits before',
    async (path) => {
      const page = await openAs('demo');
      await page.route(service().issuer + path, () => {});
      // Playwright itself waits for the end of a navigation before it looks.
      await page.addInitScript(`setInterval(() => {
        globalThis.wasWaiting ||= document.querySelector('.waiting')?.checkVisibility({ visibilityProperty: true });
      }, 100);`);
      const from = performance.now();
      await page.reload({ waitUntil: 'commit' });
      await expectNotSignedIn(
        page,
        `The identity provider at ${service().issuer} does not answer. Try again in a while.`,
      );
      expect(performance.now() - from).toBeGreaterThan(9_500);
      expect(await page.evaluate('globalThis.wasWaiting')).toBe(true);
      await paste(page);
    },
  );

  it('because the identity provider does not send the page back asks in place the next time, not again and again', async () => {
    const page = await openAfter((prepared) => withSetting(prepared, '"appkeys"', '"unknown"'));
    await page.getByText('The identity provider rejected the request: client is invalid.').waitFor();
    await pause(2_100);
    await page.goto(address());
    await expectNotSignedIn(
      page,
      `The identity provider did not send you back to this page. It may be slow or out of order, or its client may lack the redirect URI ${address()}.`,
    );
    await paste(page);
  });

  const sentBack = 'The identity provider sent you back to this page without an answer.';

  it.each(['', '?error=login_required', '#error=login_required&state=x'])(
    'because the identity provider sends the page back at once with %j is tried twice, not again and again',
    async (suffix) => {
      let count = () => 0;
      const page = await openAfter(async (prepared) => {
        count = await sendBack(prepared, suffix);
      });
      await alertOf(page).getByText(sentBack).waitFor();
      await named(page, 'Sign in').waitFor();
      await pause(500);
      expect(count()).toBe(2);
      await paste(page);
    },
  );

  it('because the browser keeps nothing for the page says so', async () => {
    const page = await openAfter((prepared) =>
      prepared.addInitScript(() => {
        const blocked = () => {
          throw new DOMException('Access is denied for this document.', 'SecurityError');
        };
        Object.defineProperty(globalThis, 'sessionStorage', { get: blocked });
      }),
    );
    await alertOf(page).getByText('Your browser does not let this page store data for the sign-in.').waitFor();
    await paste(page);
  });
});

describe.skipIf(isMissing).each(screens)(`at %i px, %s${needsChromium}`, (width, colorScheme) => {
  const looks = { viewport: { width, height: 800 }, colorScheme, reducedMotion: 'reduce' } as const;

  async function expectInOrder(page: Page, part?: string): Promise<void> {
    expect(await violations(page, part)).toEqual([]);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
  }

  it('axe finds nothing on the way in and out, and nothing is wider than the window', async () => {
    const page = await open(address(), looks);
    await named(page, 'Sign in').waitFor();
    await expectInOrder(page);
    await named(page, 'Sign in').click();
    await user(page, 'demo').waitFor();
    await expectInOrder(page);
    await named(page, 'Cancel').click();
    await alertOf(page).getByText('cancelled').waitFor();
    await expectInOrder(page);
    await page.goto(reference());
    await named(page, 'Sign in').waitFor();
    await expectInOrder(page, 'document.querySelector("header")');
    await named(page, 'Sign in').click();
    await user(page, 'demo').click();
    await page.getByText('You are signed in.').waitFor();
    await expectInOrder(page, 'document.querySelector("header")');
    await named(page, 'Sign out').click();
    await named(page, 'Stay signed in').waitFor();
    await expectInOrder(page);
  });

  it('axe finds nothing on the other pages of the local identity provider', async () => {
    const page = await open(`${service().url}/openapi.json`, looks);
    for (const path of [
      '/device',
      '/device?user_code=wrong',
      '/auth?client_id=unknown',
      '/sign-in/unknown',
      '/session/end',
    ]) {
      await page.goto(service().issuer + path);
      await page.getByRole('heading', { level: 1 }).waitFor();
      await expectInOrder(page);
    }
  });
});
