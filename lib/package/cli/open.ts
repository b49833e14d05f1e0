import { Argument, type Command } from 'commander';
import { openInBrowser } from './browser.ts';
import { addCommand, urlOf } from './context.ts';
import { print } from './terminal.ts';

export function addOpen(program: Command): void {
  addCommand(program, 'open', 'print the URL of a page of the service and open it in the browser', 'open docs')
    .addArgument(new Argument('<page>', 'which page').choices(['docs', 'console']))
    .action(openPage);
}

function openPage(page: string, _: object, command: Command): void {
  const address = `${urlOf(command).replace(/\/+$/, '')}/${page}`;
  print(address);
  openInBrowser(address);
}
