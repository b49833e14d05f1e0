import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { formatUrl } from '../local/addresses.ts';
import { messageOf } from '../local/command-line.ts';
import { projectFolder } from '../local/folders.ts';
import { freePort } from '../local/ports.ts';
import { demoApp, demoTime, writeDemoData } from './demo-data.ts';

const executablePath = '/usr/bin/chromium';
const looks = {
  colorScheme: 'light',
  reducedMotion: 'reduce',
  locale: 'en-US',
  timezoneId: 'UTC',
} as const;

interface Picture {
  readonly name: string;
  readonly height: number;
  /** brings the page to what is shown */
  readonly show: (page: Page, url: string) => Promise<void>;
}

const pictures: readonly Picture[] = [
  {
    name: 'console',
    height: 955,
    show: async (page, url) => {
      await page.clock.setFixedTime(demoTime);
      await page.goto(`${url}/console#${demoApp.appId}`);
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.getByRole('button', { name: /^demo/ }).click();
      await page.locator('.rotation').waitFor();
      await page.evaluate('document.activeElement.blur()');
    },
  },
  {
    name: 'reference',
    height: 900,
    show: async (page, url) => {
      await page.goto(`${url}/docs#/apiKeys/generateApiKey`);
      const call = page.locator('#operations-apiKeys-generateApiKey');
      await call.locator('.snippets').waitFor();
      await call.locator('.opblock-section-request-body').evaluate((body) => body.scrollIntoView());
      await page.evaluate('scrollBy(0, -72)');
    },
  },
];

/** Starts the local service in a folder and on ports of its own. */
async function startService(folder: string): Promise<{ url: string; output: string; child: ChildProcess }> {
  const port = await freePort(3_000);
  const child = spawn(process.execPath, ['infra/local/start.ts', '--port', String(port)], {
    cwd: projectFolder,
    env: { ...process.env, APPKEYS_LOCAL_DIR: folder },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  const isReady = await new Promise((resolve) => {
    child.stdout.on('data', (chunk) => {
      output += chunk;
      if (output.includes('Stop with Ctrl-C')) resolve(true);
    });
    child.on('exit', () => resolve(false));
  });
  if (!isReady) throw new Error(`The local service did not start: ${output}`);
  return { url: formatUrl(port), output, child };
}

async function takePicture(browser: Browser, url: string, { name, height, show }: Picture, to: string): Promise<void> {
  const page = await browser.newPage({ ...looks, viewport: { width: 1_280, height } });
  await show(page, url);
  const devTools = await page.context().newCDPSession(page);
  const { data } = await devTools.send('Page.captureScreenshot', { format: 'webp', quality: 80 });
  writeFileSync(join(to, `${name}.webp`), data, 'base64');
  await page.close();
}

/** @param to the folder that gets the pictures */
async function main(to = join(projectFolder, 'docs')): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'appkeys-'));
  const { url, output, child } = await startService(folder);
  try {
    const [, endpoint = ''] = /AWS_ENDPOINT_URL_DYNAMODB=(\S+)/.exec(output) ?? [];
    const [, tableName = ''] = /TABLE_NAME=(\S+)/.exec(output) ?? [];
    await writeDemoData(endpoint, tableName);
    const browser = await chromium.launch({
      executablePath,
      args: ['--no-sandbox', '--disable-gpu', '--disable-lcd-text'],
    });
    for (const picture of pictures) await takePicture(browser, url, picture, to);
    await browser.close();
  } finally {
    child.kill('SIGTERM');
    await once(child, 'exit');
    rmSync(folder, { recursive: true, force: true });
  }
}

main(process.argv[2]).catch((error) => {
  console.error(messageOf(error));
  process.exitCode = 1;
});
