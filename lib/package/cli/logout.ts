import type { Command } from 'commander';
import * as oauth from 'oauth4webapi';
import { addCommand, type Globals } from './context.ts';
import { type Credentials, changeCredentials, type Profile, readCredentials, withoutProfiles } from './credentials.ts';
import { askProvider, discover } from './identity-provider.ts';
import { chooseTarget, targetOptionsOf } from './profiles.ts';
import { tell, UsageError } from './terminal.ts';

export function addLogout(program: Command): void {
  addCommand(program, 'logout', 'end the session and delete its tokens', 'logout --profile staging')
    .option('--all', 'end the sessions of all profiles')
    .action(logout);
}

async function logout({ all = false }: { all?: boolean }, command: Command): Promise<void> {
  const { insecure = false } = command.optsWithGlobals<Globals>();
  const names = chooseProfiles(command, all);
  if (names.length === 0) return tell(`You are not signed in${withOthers()}.`);
  const ended = await remove(names);
  await Promise.all([...ended].map(([name, profile]) => endSession(name, profile, insecure)));
}

/** @throws UsageError when the options name one profile and also all profiles */
function chooseProfiles(command: Command, all: boolean): string[] {
  const target = targetOptionsOf(command);
  if (all && target.isProfileAsked) throw new UsageError('Pass --profile or --all, not both.');
  if (all) return [...readCredentials().profiles.keys()];
  const { profile } = chooseTarget(target);
  return profile === undefined ? [] : [profile];
}

/** Names the other profiles that have sessions. */
function withOthers(): string {
  const others = [...readCredentials().profiles.keys()];
  if (others.length === 0) return '';
  return `, but these profiles have sessions: ${others.join(', ')}. To end them, pass --profile NAME or --all`;
}

/** @returns the removed profiles with their latest tokens, which another command may have renewed in the meantime */
async function remove(names: readonly string[]): Promise<ReadonlyMap<string, Profile>> {
  let ended: Credentials['profiles'] = new Map();
  await changeCredentials((credentials) => {
    ended = new Map([...credentials.profiles].filter(([name]) => names.includes(name)));
    return withoutProfiles(credentials, names);
  });
  return ended;
}

async function endSession(name: string, profile: Profile, insecure: boolean): Promise<void> {
  const isRevoked = await revoke(profile, insecure);
  tell(`You are signed out of ${profile.url}. The profile was ${name}.`);
  if (!isRevoked)
    tell(
      'The identity provider did not revoke the refresh token. The token stays valid there until it expires. To end it earlier, end your sessions at the identity provider, or ask its operators to revoke the token.',
    );
  if (profile.endSessionEndpoint) tell(`To sign out in the browser too, open ${profile.endSessionEndpoint}`);
}

/**
 * Revokes the refresh token, and with it the session, if the identity provider can.
 * @returns true if the profile has no refresh token that is still valid
 * @see https://www.rfc-editor.org/rfc/rfc7009
 */
async function revoke({ issuer, clientId, refreshToken }: Profile, insecure: boolean): Promise<boolean> {
  if (refreshToken === undefined) return true;
  try {
    const server = await discover(issuer, insecure);
    const { revocation_endpoint: endpoint } = server;
    if (endpoint === undefined) return false;
    await askProvider(endpoint, insecure, async (options) => {
      const client = { client_id: clientId };
      const response = await oauth.revocationRequest(server, client, oauth.None(), refreshToken, options);
      await oauth.processRevocationResponse(response);
    });
    return true;
  } catch {
    return false;
  }
}
