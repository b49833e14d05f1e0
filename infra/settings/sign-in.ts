import type { ConsoleSettings, SignInSettings, TokenIssuer } from '../../lib/service/settings.ts';
import { SettingsError } from '../../lib/verification/settings-rules.ts';
import { causeOf, discover, discoveryPage, urlIn } from './discovery.ts';
import { isSafeUrl } from './issuers.ts';

type Endpoints = SignInSettings['endpoints'];

/** A sign-in in a file that fits the schema. */
export interface SignInEntry extends Omit<SignInSettings, 'endpoints'> {
  readonly endpoints?: Endpoints;
}

/** The group `console` in such a file, with or without a sign-in. */
export type ConsoleEntry = Pick<ConsoleSettings, 'exampleUrl'> & Partial<SignInEntry>;

export function hasSignIn(entry: ConsoleEntry): entry is ConsoleEntry & SignInEntry {
  return entry.issuer !== undefined;
}

/** @throws SettingsError when the URL is not safe for sending a key */
export function requireExampleUrl(url: string, isLocal: boolean): void {
  if (!isSafeUrl(url, isLocal))
    throw new SettingsError('console.exampleUrl', 'must be an https URL without credentials.');
}

/** The parameters that the sign-in itself sets in an authorization request. */
const ownParameters = [
  'client_id',
  'code_challenge',
  'code_challenge_method',
  'nonce',
  'prompt',
  'redirect_uri',
  'request',
  'request_uri',
  'response_mode',
  'response_type',
  'scope',
  'state',
];

/** The names of the endpoints in OpenID discovery. The first two endpoints are required. */
const endpointNames = {
  authorization: 'authorization_endpoint',
  token: 'token_endpoint',
  endSession: 'end_session_endpoint',
  deviceAuthorization: 'device_authorization_endpoint',
} as const satisfies Record<keyof Endpoints, string>;

/** @throws SettingsError when no user could sign in, or the service would reject the tokens */
export function requireSignIn(
  { issuer, parameters = {}, endpoints = { authorization: '', token: '' } }: SignInEntry,
  issuers: readonly TokenIssuer[],
  isLocal: boolean,
): void {
  if (!issuers.some((entry) => entry.issuer === issuer))
    throw new SettingsError('console.issuer', 'is not one of the issuers. Add its entry to issuers, or correct it.');
  const own = Object.keys(parameters).find((name) => ownParameters.includes(name));
  if (own !== undefined)
    throw new SettingsError(`console.parameters.${own}`, 'is set by the sign-in itself. Remove this parameter.');
  const unsafe = Object.entries(endpoints).find(([, url]) => url !== '' && !isSafeUrl(url, isLocal));
  if (unsafe) throw new SettingsError(`console.endpoints.${unsafe[0]}`, 'must be an https URL without credentials.');
}

/**
 * Adds the endpoints, from discovery if necessary.
 * @throws SettingsError when the provider does not name them
 */
export async function completeSignIn(entry: SignInEntry, isLocal: boolean): Promise<SignInSettings> {
  const { endpoints } = entry;
  return { ...entry, endpoints: endpoints ?? (await discoverEndpoints(entry.issuer, isLocal)) };
}

async function discoverEndpoints(issuer: string, isLocal: boolean): Promise<Endpoints> {
  const isSafe = (url: string) => isSafeUrl(url, isLocal);
  const page = discoveryPage(issuer);
  try {
    if (!isSafe(page)) throw new Error('the issuer is not an https URL');
    const document = await discover(issuer);
    const named = Object.entries(endpointNames)
      .filter(([name, key]) => name === 'authorization' || name === 'token' || document[key] !== undefined)
      .map(([name, key]) => [name, urlIn(document, key, isSafe)]);
    return Object.fromEntries(named);
  } catch (why) {
    throw new SettingsError(
      'console.endpoints',
      `is missing, and discovery failed (${causeOf(why)}): open ${page} and write its authorization_endpoint and token_endpoint as endpoints: { authorization: …, token: … } into the file.`,
    );
  }
}
