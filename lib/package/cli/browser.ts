import { spawn } from 'node:child_process';

/** The program of each system that opens a URL in the browser. */
const openers: Partial<Record<NodeJS.Platform, string>> = { darwin: 'open', win32: 'explorer' };

/** Opens an http or https URL in the browser, if there is one. */
export function openInBrowser(address: string): void {
  const opener = openers[process.platform] ?? 'xdg-open';
  spawn(opener, [address], { stdio: 'ignore', detached: true })
    .on('error', () => {})
    .unref();
}
