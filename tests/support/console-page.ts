import axe from 'axe-core';
import type { Page } from 'playwright-core';

/** Opens the console with a token instead of signing in. */
export async function paste(page: Page, pasted: string): Promise<void> {
  await page.getByText('Use an access token').click();
  await page.getByLabel('Access token').fill(pasted);
  await page.getByRole('button', { name: 'Open' }).click();
}

/** Presses a button of a key. */
export const act = (page: Page, name: string, slot = 0) =>
  page.locator('.slot').nth(slot).getByRole('button', { name, exact: true }).click();

export const inDialog = (page: Page, name: string) =>
  page.getByRole('dialog').getByRole('button', { name, exact: true }).click();

export const showAgain = (page: Page) => page.evaluate("document.dispatchEvent(new Event('visibilitychange'))");

/** @returns what axe finds on the page */
export async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const found = (await page.evaluate('axe.run()')) as axe.AxeResults;
  return found.violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
}
