import { type Command, InvalidArgumentError, Option } from 'commander';
import { type Client, type ClientOptions, createClient } from '../client/client.ts';
import { chooseTarget, loginCommand, type Target, type TargetOptions, targetOptionsOf, usualUrl } from './profiles.ts';
import { accessTokenOf } from './session.ts';
import { confirm, UsageError } from './terminal.ts';

export interface Globals {
  readonly token?: string;
  /** whether the client may send the token over plain http to another machine */
  readonly insecure?: boolean;
  /** whether to print JSON */
  readonly json?: boolean;
}

/** `profile` is the profile that the token comes from, if any. */
export interface CommandContext extends Globals, Target {
  readonly client: Client;
}

/**
 * @throws UsageError when the URL is invalid
 * @throws Error when there is no token, the credentials cannot be read, or the profile does not exist
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
 * @returns the URL of the service, which is known without a session
 * @throws UsageError when the URL is invalid
 * @throws Error when the credentials cannot be read, or the profile does not exist
 */
export function urlOf(command: Command): string {
  const { token, insecure = false } = command.optsWithGlobals<Globals>();
  const { url } = targetOf(command, token);
  createServiceClient({ url, insecure });
  return url;
}

/** @returns the login command for a user whose token the service rejected */
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

/** A command with a token uses the credentials only to find the URL of the service. */
function urlForToken(options: TargetOptions): string {
  if (options.url !== undefined && !options.isProfileAsked) return options.url;
  try {
    return chooseTarget(options).url;
  } catch (error) {
    if (options.profile === undefined) return usualUrl;
    throw error;
  }
}

/** @throws UsageError when the URL is invalid */
export function createServiceClient(options: ClientOptions): Client {
  try {
    return createClient(options);
  } catch (error) {
    const isInsecure = error instanceof TypeError && error.message.includes('insecure');
    throw new UsageError(
      isInsecure
        ? '--url or APPKEYS_URL uses plain http, which exposes tokens and keys to the network. Use https, or pass --insecure.'
        : '--url or APPKEYS_URL must be an http or https URL without credentials, query, or fragment.',
    );
  }
}

/** Adds a subcommand, which inherits the settings of its parent. */
export function addCommand(parent: Command, usage: string, description: string, example: string): Command {
  return parent.command(usage).description(description).addHelpText('after', `\nExample:\n  $ appkeys ${example}`);
}

/** An option that can be repeated. Each use adds one element to a list. */
export function listOption(flags: string, description: string): Option {
  return new Option(flags, `${description}; repeat the option to add more`).argParser(
    (element: string, before: readonly string[] = []) => [...before, element],
  );
}

/** @returns the list that the option gave, an empty list for `--no-…`, or undefined if neither was passed */
export function chosenList(given: readonly string[] | undefined, isKept: boolean | undefined) {
  return given ?? (isKept === false ? [] : undefined);
}

/** The option that makes it safe to repeat a creation. */
export function idempotencyKeyOption(): Option {
  return new Option('--idempotency-key <key>', 'safely repeat a creation whose response was lost').argParser((text) => {
    if (/^[\x21-\x7e]{1,255}$/.test(text)) return text;
    throw new InvalidArgumentError('It must be 1 to 255 visible ASCII characters.');
  });
}

/**
 * Asks for confirmation before a change that cannot be undone.
 * @returns whether to continue
 * @throws UsageError when `isAgreed` is not true and the input is not a terminal
 */
export async function mayGoOn(question: string, isAgreed: boolean | undefined): Promise<boolean> {
  if (isAgreed) return true;
  if (process.stdin.isTTY) return confirm(question);
  throw new UsageError("Can't ask for confirmation because the input is not a terminal. To delete, pass --yes.");
}
