import type { AuthorizationServer } from 'oauth4webapi';
import { codeIn, discover, requireSafeEndpoint } from './identity-provider.ts';
import { isRecord, isText } from './shapes.ts';

/** How the service signs users in. */
export interface SignInSettings {
  readonly issuer: string;
  readonly clientId: string;
  /** missing where the command line is the same client as the console */
  readonly commandLineClientId?: string;
  readonly scope: string;
  /** what an authorization request has besides */
  readonly parameters?: Readonly<Record<string, string>>;
  readonly endpoints: {
    readonly authorization: string;
    readonly token: string;
    readonly endSession?: string;
    readonly deviceAuthorization?: string;
  };
}

/** The settings of a service, whose endpoints are those of the identity provider. */
export interface SignIn extends SignInSettings {
  /** whether the identity provider names itself in what it sends the browser back with */
  readonly namesIssuer: boolean;
}

const answerMs = 10_000;

/** Endpoints, and what OpenID discovery calls them. */
const endpointNames = [
  ['authorization', 'authorization_endpoint'],
  ['token', 'token_endpoint'],
  ['endSession', 'end_session_endpoint'],
  ['deviceAuthorization', 'device_authorization_endpoint'],
] as const satisfies readonly (readonly [keyof SignInSettings['endpoints'], keyof AuthorizationServer])[];

/**
 * Asks the service how to sign in, and the identity provider whether that is right.
 * @param insecure whether the identity provider may have plain http on another machine
 * @throws Error when the service does not say, or has no sign-in, or names endpoints of somebody else
 */
export async function fetchSignIn(url: string, insecure: boolean): Promise<SignIn> {
  const settings = await fetchSettings(url);
  for (const [key, name] of endpointNames) {
    const { [key]: endpoint } = settings.endpoints;
    if (endpoint !== undefined) requireSafeEndpoint(endpoint, insecure, name);
  }
  const provider = await discover(settings.issuer, insecure);
  requireEndpointsOf(provider, settings);
  return { ...settings, namesIssuer: provider.authorization_response_iss_parameter_supported === true };
}

async function fetchSettings(url: string): Promise<SignInSettings> {
  const response = await request(url);
  requireAnswer(url, response);
  const settings = response.ok ? await parse(response) : undefined;
  if (!isSettings(settings))
    throw new Error(
      `The answer of ${url}, with status ${response.status}, does not say how to sign in. Check the URL.`,
    );
  return settings;
}

/** @throws Error when the service is elsewhere, has no sign-in, or fails */
function requireAnswer(url: string, { status, headers }: Response): void {
  if (status === 404)
    throw new Error(`There is no sign-in at ${url}. Check the URL, or set APPKEYS_TOKEN to an access token.`);
  if (status >= 500) throw new Error(`The service at ${url} answered with status ${status}. Try again in a while.`);
  const location = headers.get('location');
  if (status >= 300 && status < 400 && location !== null)
    throw new Error(
      `The service at ${url} redirects to ${URL.parse(location, url)?.origin} (status ${status}). Check the URL.`,
    );
}

/**
 * A service could send users to the identity provider of others, and name a token endpoint of its own for the code.
 * @throws Error when an endpoint is not one of the provider
 */
function requireEndpointsOf(provider: AuthorizationServer, { issuer, endpoints }: SignInSettings): void {
  const isForeign = ([key, name]: (typeof endpointNames)[number]) =>
    endpoints[key] !== undefined && endpoints[key] !== provider[name];
  const [, foreign] = endpointNames.find(isForeign) ?? [];
  if (foreign !== undefined)
    throw new Error(
      `The identity provider at ${new URL(issuer).origin} does not have the ${foreign} that the service names. Check the URL, or tell the operators of the service.`,
    );
}

async function request(url: string): Promise<Response> {
  try {
    const signal = AbortSignal.timeout(answerMs);
    return await fetch(`${url}/console/sign-in.json`, { redirect: 'manual', signal });
  } catch (cause) {
    const code = cause instanceof Error ? codeIn(cause.cause) : '';
    throw new Error(`No answer came from ${url}${code}. Check the URL, and that the service is running.`, { cause });
  }
}

async function parse(response: Response): Promise<unknown> {
  try {
    return await response.json();
  } catch {
    return undefined;
  }
}

function isSettings(value: unknown): value is SignInSettings {
  if (!isRecord(value)) return false;
  const { issuer, clientId, commandLineClientId = '', scope, parameters = {}, endpoints } = value;
  if (!isRecord(endpoints) || !isRecord(parameters)) return false;
  const { authorization, token } = endpoints;
  const texts = [issuer, clientId, commandLineClientId, scope, authorization, token];
  return [...texts, ...Object.values(endpoints), ...Object.values(parameters)].every(isText);
}
