import type { Command } from 'commander';
import { type Credentials, readCredentials } from './credentials.ts';
import { UsageError } from './terminal.ts';

export const usualUrl = 'http://127.0.0.1:3000';

/** The service and the session that the command line and the environment name. */
export interface TargetOptions {
  readonly url?: string;
  readonly profile?: string;
  /** whether `--profile` names the profile; APPKEYS_PROFILE only names the default profile */
  readonly isProfileAsked: boolean;
}

/** The service of a command, and the profile that has a session there. */
export interface Target {
  readonly url: string;
  readonly profile?: string;
}

/** An empty value counts as missing, except for the URL. */
export function targetOptionsOf(command: Command): TargetOptions {
  const { url, profile } = command.optsWithGlobals<{ url?: string; profile?: string }>();
  const isProfileAsked = command.getOptionValueSourceWithGlobals('profile') === 'cli';
  return { ...(url !== undefined && { url }), ...(profile && { profile }), isProfileAsked };
}

/**
 * @throws UsageError when `--profile` and the URL name two services
 * @throws Error when there is no such profile, or the credentials cannot be read
 */
export function chooseTarget(options: TargetOptions): Target {
  const credentials = readCredentials();
  const { url, profile: name = credentials.current } = options;
  const known = name === undefined ? undefined : credentials.profiles.get(name);
  if (url !== undefined && !options.isProfileAsked) return targetAt(url, name, credentials);
  if (known === undefined && options.profile !== undefined) throw unknownProfile(url);
  if (name === undefined || known === undefined) return { url: usualUrl };
  if (url !== undefined && !isSameUrl(url, known.url)) throw otherService(known.url);
  return { url: known.url, profile: name };
}

function targetAt(url: string, preferred: string | undefined, credentials: Credentials): Target {
  const profile = profileAt(url, preferred, credentials);
  return { url: profile === undefined ? url : normalUrl(url), ...(profile !== undefined && { profile }) };
}

/** @returns the name of a profile of that service: the preferred profile if it fits, otherwise the first one */
function profileAt(url: string, preferred: string | undefined, { profiles }: Credentials): string | undefined {
  const names = [...profiles].filter(([, profile]) => isSameUrl(profile.url, url)).map(([name]) => name);
  return names.find((name) => name === preferred) ?? names[0];
}

/**
 * @returns the URL of the service to sign in to, and the profile that the login creates or replaces
 * @throws UsageError when the user has to choose that profile, or its name is invalid
 */
export function chooseLogin(options: TargetOptions): Required<Target> {
  const { url, profile } = loginTarget(options);
  if (profile === undefined)
    throw new UsageError(
      'The default names of profiles are taken. Pass --profile NAME to name a profile for this service.',
    );
  return { url, profile: profile === options.profile ? requireName(profile) : profile };
}

/** @returns the command that signs in there, with only the options that differ from the defaults of a login */
export function loginCommand({ url, profile }: Target): string {
  const { APPKEYS_URL, APPKEYS_PROFILE } = process.env;
  const usual = {
    ...(APPKEYS_URL !== undefined && { url: APPKEYS_URL }),
    ...(APPKEYS_PROFILE && { profile: APPKEYS_PROFILE }),
  };
  const whole = { ...(profile !== undefined && { profile }), url };
  const isEnough = (options: Partial<Target>) => {
    const login = loginTarget({ ...usual, ...options, isProfileAsked: options.profile !== undefined });
    return isSameUrl(login.url, url) && (profile === undefined || login.profile === profile);
  };
  const options = [{}, profile === undefined ? {} : { profile }, { url }].find(isEnough) ?? whole;
  return ['appkeys login', ...Object.entries(options).map(([name, value]) => `--${name} ${value}`)].join(' ');
}

/** Without a profile, the user has to choose one. */
function loginTarget(options: TargetOptions): Target {
  const credentials = readCredentials();
  const { profiles, current } = credentials;
  const name = options.profile ?? (options.url === undefined ? current : undefined);
  const known = name === undefined ? undefined : profiles.get(name);
  const url = options.url ?? known?.url ?? usualUrl;
  const isOther = known !== undefined && !isSameUrl(known.url, url) && !options.isProfileAsked;
  if (options.profile !== undefined && !isOther) return { url, profile: options.profile };
  const profile = profileAt(url, current, credentials) ?? newName(url, credentials);
  return { url, ...(profile !== undefined && { profile }) };
}

function newName(url: string, { profiles }: Credentials): string | undefined {
  const ofUrl = normalUrl(url)
    .replace(/^\w+:\/\//, '')
    .replaceAll(/[^\w.-]+/g, '-');
  return ['default', ofUrl.slice(0, 100)].find((free) => !profiles.has(free));
}

function requireName(name: string): string {
  if (/^[\w.:-]{1,100}$/.test(name)) return name;
  throw new UsageError('The name of a profile must be 1 to 100 letters, digits, "_", ".", ":", or "-".');
}

/** The message does not repeat the name, because it could be a secret in the wrong place. */
function unknownProfile(url = usualUrl): Error {
  return new Error(`No profile has this name. Run "${loginCommand({ url, profile: 'NAME' })}" to create one.`);
}

function otherService(url: string): UsageError {
  return new UsageError(
    `The profile is for ${url}, but --url or APPKEYS_URL names another service. Leave out the profile or the URL.`,
  );
}

export function isSameUrl(one: string, other: string): boolean {
  return normalUrl(one) === normalUrl(other);
}

/** Returns a text that is not a URL unchanged. */
export function normalUrl(text: string): string {
  if (!URL.canParse(text)) return text;
  const { origin, pathname, search, hash, username, password } = new URL(text);
  return search || hash || username || password ? text : `${origin}${pathname}`.replace(/\/+$/, '');
}
