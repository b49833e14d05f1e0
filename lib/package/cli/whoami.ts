import type { Command } from 'commander';
import { addCommand, contextOf } from './context.ts';
import { type Profile, readCredentials } from './credentials.ts';
import { formatTable } from './table.ts';
import { print, printJson } from './terminal.ts';
import { formatTime } from './times.ts';

export function addWhoami(program: Command): void {
  addCommand(program, 'whoami', 'show who you are signed in as, at which service, and until when', 'whoami').action(
    whoami,
  );
}

async function whoami(_: object, command: Command): Promise<void> {
  const { client, url, profile: name, json } = contextOf(command);
  const { principal } = await client.listApps({ limit: 1 });
  // The call may have renewed the session.
  const profile = name === undefined ? undefined : readCredentials().profiles.get(name);
  if (json) return printJson({ principal, url, ...sessionIn(name, profile) });
  print(
    formatTable([
      ['principal', principal],
      ['url', url],
      ['profile', name ?? '-'],
      ['session', wordsFor(profile)],
    ]),
  );
}

/** `expiresAt` is the expiry of the access token, in ms since the Unix epoch. */
function sessionIn(name: string | undefined, profile: Profile | undefined): object {
  if (name === undefined || profile === undefined) return { profile: null };
  const { expiresAt = null, refreshToken } = profile;
  return { profile: name, expiresAt, isRenewed: refreshToken !== undefined };
}

function wordsFor(profile: Profile | undefined): string {
  if (profile === undefined) return 'none: the token is from APPKEYS_TOKEN or --token';
  const { expiresAt, refreshToken } = profile;
  if (refreshToken !== undefined) return `renews itself; the access token expires at ${formatTime(expiresAt)}`;
  return expiresAt === undefined
    ? 'the identity provider does not report when it ends'
    : `ends at ${formatTime(expiresAt)}`;
}
