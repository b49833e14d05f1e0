import { type Command, InvalidArgumentError, Option } from 'commander';
import { addCommand, createServiceClient, type Globals } from './context.ts';
import { changeCredentials, holdCredentials, type Profile, withProfile } from './credentials.ts';
import { signInByDevice } from './device-flow.ts';
import type { Tokens } from './identity-provider.ts';
import { chooseLogin, isSameUrl, normalUrl, type Target, targetOptionsOf } from './profiles.ts';
import { signInByRedirect, usualPort } from './redirect-flow.ts';
import { tokensIn } from './session.ts';
import { isText } from './shapes.ts';
import { fetchSignIn, type SignIn, type SignInSettings } from './sign-in-settings.ts';
import { tell } from './terminal.ts';
import { formatTime } from './times.ts';

interface LoginOptions {
  readonly port: number;
  /** whether the user may sign in by entering a code in a browser */
  readonly device: boolean;
  readonly insecure: boolean;
}

export function addLogin(program: Command): void {
  addCommand(
    program,
    'login',
    'sign in through the identity provider of a service; later commands use this session',
    'login --url https://appkeys.example.com',
  )
    .addOption(portOption())
    .option('--no-device', 'sign in with a browser on this machine, instead of a code that you enter on any machine')
    .action(login);
}

function portOption(): Option {
  return new Option('--port <port>', 'the port on this machine that the browser is redirected to')
    .default(usualPort)
    .argParser((text) => {
      const port = Number(text);
      if (/^\d+$/.test(text) && port >= 1 && port <= 65_535) return port;
      throw new InvalidArgumentError('It must be a number from 1 to 65535.');
    });
}

async function login({ port, device }: LoginOptions, command: Command): Promise<void> {
  const { insecure = false, token } = command.optsWithGlobals<Globals>();
  const target = await prepare(command, insecure);
  const settings = await fetchSignIn(target.url, insecure);
  const { commandLineClientId: clientId = settings.clientId } = settings;
  const tokens = await signIn(settings, clientId, { port, device, insecure });
  const principal = await principalOf(target.url, insecure, tokens);
  const profile = {
    ...profileOf(target.url, settings, clientId, tokens),
    ...(principal !== undefined && { principal }),
  };
  const replaced = await keep(target.profile, profile);
  const who = principal === undefined ? '' : ` as ${principal}`;
  tell(`You are signed in to ${target.url}${who}. The profile is ${target.profile}.${endOf(profile)}`);
  if (replaced && isOther(replaced, profile)) tell(`This sign-in replaces ${sessionIn(replaced)}.`);
  if (token) tell('APPKEYS_TOKEN or --token overrides this session. To use the session, leave the token out.');
}

/** Checks before the sign-in that the session can be stored. */
async function prepare(command: Command, insecure: boolean): Promise<Required<Target>> {
  const { url, profile } = await holdCredentials(async () => chooseLogin(targetOptionsOf(command)));
  createServiceClient({ url, insecure });
  return { url: normalUrl(url), profile };
}

async function signIn(settings: SignIn, clientId: string, { port, device, insecure }: LoginOptions): Promise<Tokens> {
  const isByDevice = device && settings.endpoints.deviceAuthorization !== undefined;
  return isByDevice
    ? signInByDevice(settings, clientId, insecure)
    : signInByRedirect(settings, clientId, { port, insecure });
}

/** @returns the principal, or undefined if the service does not report it */
async function principalOf(
  url: string,
  insecure: boolean,
  { access_token: token }: Tokens,
): Promise<string | undefined> {
  const client = createServiceClient({ url, insecure, token, attempts: 1, timeoutMs: 10_000 });
  try {
    const { principal } = await client.listApps({ limit: 1 });
    return isText(principal) ? principal : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Stores the session and makes its profile the current one.
 * @returns the previous content of the profile
 */
async function keep(name: string, profile: Profile): Promise<Profile | undefined> {
  let replaced: Profile | undefined;
  await changeCredentials((credentials) => {
    replaced = credentials.profiles.get(name);
    return { ...withProfile(credentials, name, profile), current: name };
  });
  return replaced;
}

function isOther(one: Profile, other: Profile): boolean {
  const isKnown = one.principal !== undefined && other.principal !== undefined;
  return !isSameUrl(one.url, other.url) || (isKnown && one.principal !== other.principal);
}

function sessionIn({ principal, url }: Profile): string {
  return `the session${principal === undefined ? '' : ` of ${principal}`} at ${url}`;
}

function profileOf(
  url: string,
  { issuer, endpoints: { token, endSession } }: SignInSettings,
  clientId: string,
  tokens: Tokens,
): Profile {
  const provider = { issuer, clientId, tokenEndpoint: token };
  return { url, ...provider, ...(endSession !== undefined && { endSessionEndpoint: endSession }), ...tokensIn(tokens) };
}

function endOf({ expiresAt, refreshToken }: Profile): string {
  return refreshToken === undefined && expiresAt !== undefined ? ` The session ends at ${formatTime(expiresAt)}.` : '';
}
