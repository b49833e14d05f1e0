import { spawn } from 'node:child_process';
import { Argument, type Command } from 'commander';
import { addCommand, contextOf } from './context.ts';
import { print } from './terminal.ts';

/** The program of each system that opens a URL in the browser. */
const openers: Partial<Record<NodeJS.Platform, string>> = { darwin: 'open', win32: 'explorer' };

export function addOpen(program: Command): void {
  addCommand(program, 'open', 'print the address of a page of the service, and open it in the browser', 'open docs')
    .addArgument(new Argument('<page>', 'which one').choices(['docs', 'console']))
    .action(openPage);
}

function openPage(page: string, _: object, command: Command): void {
  const address = `${contextOf(command).url.replace(/\/+$/, '')}/${page}`;
  print(address);
  const opener = openers[process.platform] ?? 'xdg-open';
  spawn(opener, [address], { stdio: 'ignore', detached: true })
    .on('error', () => {})
    .unref();
}
