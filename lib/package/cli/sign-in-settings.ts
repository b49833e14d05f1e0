import type { AuthorizationServer } from 'oauth4webapi';
import { codeIn, discover, requireSafeEndpoint } from './identity-provider.ts';
import { isRecord, isText } from './shapes.ts';

/** How the service signs users in. */
export interface SignInSettings {
  readonly issuer: string;
  readonly clientId: string;
  /** missing if the command line uses the client of the console */
  readonly commandLineClientId?: string;
  readonly scope: string;
  /** additional parameters of the authorization request */
  readonly parameters?: Readonly<Record<string, string>>;
  readonly endpoints: {
    readonly authorization: string;
    readonly token: string;
    readonly endSession?: string;
    readonly deviceAuthorization?: string;
  };
}

/** The sign-in settings of a service, checked against the identity provider. */
export interface SignIn extends SignInSettings {
  /** whether the identity provider names itself in its authorization responses */
  readonly namesIssuer: boolean;
}

const answerMs = 10_000;

/** Endpoints and their names in OpenID discovery. */
const endpointNames = [
  ['authorization', 'authorization_endpoint'],
  ['token', 'token_endpoint'],
  ['endSession', 'end_session_endpoint'],
  ['deviceAuthorization', 'device_authorization_endpoint'],
] as const satisfies readonly (readonly [keyof SignInSettings['endpoints'], keyof AuthorizationServer])[];

/**
 * Gets the sign-in settings of the service and checks them with the identity provider.
 * @param insecure whether the identity provider may use plain http on another machine
 * @throws Error when the service does not respond, has no sign-in, or names endpoints that the provider does not have
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
      `The response of ${url}, with status ${response.status}, does not say how to sign in. Check the URL.`,
    );
  return settings;
}

/** @throws Error when the service redirects, has no sign-in, or fails */
function requireAnswer(url: string, { status, headers }: Response): void {
  if (status === 404)
    throw new Error(`There is no sign-in at ${url}. Check the URL, or set APPKEYS_TOKEN to an access token.`);
  if (status >= 500) throw new Error(`The service at ${url} responded with status ${status}. Try again later.`);
  const location = headers.get('location');
  if (status >= 300 && status < 400 && location !== null)
    throw new Error(
      `The service at ${url} redirects to ${URL.parse(location, url)?.origin} (status ${status}). Check the URL.`,
    );
}

/**
 * Otherwise, a service could send users to another identity provider and name its own token endpoint for the code.
 * @throws Error when an endpoint does not belong to the provider
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
    throw new Error(`There was no response from ${url}${code}. Check the URL, and check that the service is running.`, {
      cause,
    });
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
