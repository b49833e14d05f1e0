import { existsSync } from 'node:fs';
import { type Browser, type BrowserContextOptions, chromium, type Page, type Route } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';

const executablePath = '/usr/bin/chromium';
const flags =
  'disable-gpu disable-quic no-first-run disable-background-networking disable-component-update disable-sync';
/** Another machine, for the browser: its requests to this host go to the service on this machine. */
export const otherHost = 'appkeys.test';

/** Where it is not installed, there is nothing to see a page with. */
export const isMissing = !existsSync(executablePath);
export const needsChromium = isMissing ? ' (skipped: needs /usr/bin/chromium, apt-get install chromium)' : '';

/** On which screens each page is looked at: the width in pixels, and the colour scheme. */
export const screens = [
  [360, 'light'],
  [360, 'dark'],
  [1440, 'light'],
  [1440, 'dark'],
] as const;

/** What a page did beside what it was asked to. */
const seen: string[] = [];

/**
 * Starts a browser before the tests of the file. After each of them its pages are closed, and none may have asked
 * another host than the service's and the identity provider's, or have written an error.
 * @param identityProvider its URL
 */
export function useBrowser(
  identityProvider: () => string,
): (url: string, options?: BrowserContextOptions) => Promise<Page> {
  let browser: Browser | undefined;
  beforeAll(async () => {
    if (isMissing) return;
    const args = ['--no-sandbox', ...flags.split(' ').map((flag) => `--${flag}`)];
    browser = await chromium.launch({ executablePath, args });
  });
  afterEach(async () => {
    for (const context of browser?.contexts() ?? []) await context.close();
    expect(seen.splice(0)).toEqual([]);
  });
  afterAll(() => browser?.close());
  return async (url, options = {}) => {
    const context = await (browser ?? expect.fail('There is no browser.')).newContext(options);
    await context.route(`http://${otherHost}:*/**`, answerFromHere);
    const page = await context.newPage();
    page.setDefaultTimeout(20_000);
    watch(page, [new URL(url), new URL(identityProvider())]);
    await page.goto(url);
    return page;
  };
}

async function answerFromHere(route: Route): Promise<void> {
  const url = route.request().url().replace(otherHost, '127.0.0.1');
  await route.fulfill({ response: await route.fetch({ url }) });
}

function watch(page: Page, [service, identityProvider]: readonly [URL, URL]): void {
  page.on('request', (request) => {
    const { protocol, host: asked } = new URL(request.url());
    if (protocol !== 'data:' && asked !== service.host && asked !== identityProvider.host)
      seen.push(`asked ${request.url()}`);
  });
  page.on('pageerror', ({ message }) => seen.push(message));
  page.on('console', (message) => {
    // The browser itself notes each refusal of the API, and of the identity provider.
    const { url } = message.location();
    const isFailure = message.text().startsWith('Failed to load resource');
    const isRefusal = isFailure && (/\/apps\b/.test(url) || url.startsWith(`${identityProvider.origin}/`));
    if (['error', 'warning'].includes(message.type()) && !isRefusal) seen.push(message.text());
  });
}
