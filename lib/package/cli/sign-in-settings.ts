import { requireSafeEndpoint } from './identity-provider.ts';
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

const answerMs = 10_000;

/**
 * Asks the service how to sign in.
 * @param insecure whether the identity provider may have plain http on another machine
 * @throws Error when the service does not say, or has no sign-in
 */
export async function fetchSignInSettings(url: string, insecure: boolean): Promise<SignInSettings> {
  const response = await request(url);
  if (response.status === 404)
    throw new Error(`There is no sign-in at ${url}. Set APPKEYS_TOKEN to an access token instead.`);
  const settings = response.ok ? await parse(response) : undefined;
  if (!isSettings(settings))
    throw new Error(
      `The answer of ${url}, with status ${response.status}, does not say how to sign in. Check the URL.`,
    );
  for (const endpoint of Object.values(settings.endpoints)) requireSafeEndpoint(endpoint, insecure);
  return settings;
}

async function request(url: string): Promise<Response> {
  try {
    const signal = AbortSignal.timeout(answerMs);
    return await fetch(`${url}/console/sign-in.json`, { redirect: 'error', signal });
  } catch (cause) {
    throw new Error(`No answer came from ${url}. Check the URL, and that the service is running.`, { cause });
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
