import { type Command, InvalidArgumentError, Option } from 'commander';
import { type Client, type ClientOptions, createClient } from '../client/client.ts';
import { chooseTarget, loginCommand, type Target, type TargetOptions, targetOptionsOf, usualUrl } from './profiles.ts';
import { accessTokenOf } from './session.ts';
import { confirm, UsageError } from './terminal.ts';

export interface Globals {
  readonly token?: string;
  /** whether the token may go over plain http to another machine */
  readonly insecure?: boolean;
  /** whether a program reads the output */
  readonly json?: boolean;
}

/** `profile` is that of the token, if it is from one. */
export interface CommandContext extends Globals, Target {
  readonly client: Client;
}

/**
 * @throws UsageError when the URL is none
 * @throws Error when there is no token, the credentials cannot be read, or have no such profile
 */
export function contextOf(command: Command): CommandContext {
  const globals = command.optsWithGlobals<Globals>();
  const { token: given, insecure = false } = globals;
  const { url, profile } = targetOf(command, given);
  const ofProfile = profile === undefined ? undefined : () => accessTokenOf({ name: profile, url, insecure });
  const token = given || ofProfile;
  const client = createServiceClient({ url, insecure, ...(token && { token }) });
  if (!token) throw new Error(`You are not signed in to ${url}. Run "${loginCommand({ url })}", or set APPKEYS_TOKEN.`);
  return { ...globals, url, ...(profile !== undefined && { profile }), client };
}

/**
 * @returns where the service is: nobody has to be signed in
 * @throws UsageError when the URL is none
 * @throws Error when the credentials cannot be read, or have no such profile
 */
export function urlOf(command: Command): string {
  const { token, insecure = false } = command.optsWithGlobals<Globals>();
  const { url } = targetOf(command, token);
  createServiceClient({ url, insecure });
  return url;
}

/** @returns the command that signs in where the token of another command was rejected */
export function loginCommandFor(command: Command): string {
  try {
    return loginCommand(targetOf(command, command.optsWithGlobals<Globals>().token));
  } catch {
    return 'appkeys login';
  }
}

function targetOf(command: Command, token: string | undefined): Target {
  const options = targetOptionsOf(command);
  return token ? { url: urlForToken(options) } : chooseTarget(options);
}

/** The credentials do not count, unless they say where the service is. */
function urlForToken(options: TargetOptions): string {
  if (options.url !== undefined && !options.isProfileAsked) return options.url;
  try {
    return chooseTarget(options).url;
  } catch (error) {
    if (options.profile === undefined) return usualUrl;
    throw error;
  }
}

/** @throws UsageError when the URL is none */
export function createServiceClient(options: ClientOptions): Client {
  try {
    return createClient(options);
  } catch (error) {
    const isInsecure = error instanceof TypeError && error.message.includes('insecure');
    throw new UsageError(
      isInsecure
        ? '--url or APPKEYS_URL has plain http, which shows tokens and keys to the network. Use https, or pass --insecure.'
        : '--url or APPKEYS_URL must be an http or https URL, without credentials, query and fragment.',
    );
  }
}

/** Adds a command to another one, whose settings it takes over. */
export function addCommand(parent: Command, usage: string, description: string, example: string): Command {
  return parent.command(usage).description(description).addHelpText('after', `\nExample:\n  $ appkeys ${example}`);
}

/** An option of which each use adds an element to a list. */
export function listOption(flags: string, description: string): Option {
  return new Option(flags, `${description}; repeat it for more`).argParser(
    (element: string, before: readonly string[] = []) => [...before, element],
  );
}

/** @returns the list of an option; the empty one if `--no-…` was given in its place, undefined if neither was */
export function chosenList(given: readonly string[] | undefined, isKept: boolean | undefined) {
  return given ?? (isKept === false ? [] : undefined);
}

/** The option of a creation that must not be made twice. */
export function idempotencyKeyOption(): Option {
  return new Option('--idempotency-key <key>', 'repeat a creation whose answer got lost').argParser((text) => {
    if (/^[\x21-\x7e]{1,255}$/.test(text)) return text;
    throw new InvalidArgumentError('It is 1 to 255 visible ASCII characters.');
  });
}

/**
 * Asks before what cannot be undone.
 * @returns whether to go on
 * @throws UsageError when the input is not a terminal, and `isAgreed` does not say yes
 */
export async function mayGoOn(question: string, isAgreed: boolean | undefined): Promise<boolean> {
  if (isAgreed) return true;
  if (process.stdin.isTTY) return confirm(question);
  throw new UsageError("Can't ask for confirmation because the input is not a terminal. To delete, pass --yes.");
}
