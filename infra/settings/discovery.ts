import { SettingsError } from '../../lib/verification/settings-rules.ts';

const fetchMs = 10_000;
const maxBytes = 256 * 1024;

/** The key set URLs of well-known identity providers. */
const usualPlaces: readonly (readonly [RegExp, string])[] = [
  [/^https:\/\/accounts\.google\.com$/, 'https://www.googleapis.com/oauth2/v3/certs'],
  [/^https:\/\/token\.actions\.githubusercontent\.com$/, '$&/.well-known/jwks'],
  [
    /^https:\/\/login\.microsoftonline\.com\/([^/]+)\/v2\.0$/,
    'https://login.microsoftonline.com/$1/discovery/v2.0/keys',
  ],
  [/^https:\/\/sts\.windows\.net\/([^/]+)\/$/, 'https://login.microsoftonline.com/$1/discovery/keys'],
  [/^https:\/\/[^/]+\.okta(?:preview|-emea)?\.com\/oauth2\/[^/]+$/, '$&/v1/keys'],
  [/^https:\/\/[^/]+\.okta(?:preview|-emea)?\.com$/, '$&/oauth2/v1/keys'],
  [/^https:\/\/[^/]+\/realms\/[^/]+$/, '$&/protocol/openid-connect/certs'],
  [/^https:\/\/[^/]+\.zitadel\.cloud$/, '$&/oauth/v2/keys'],
  [/^(https:\/\/[^/]+\.auth0\.com)\/$/, '$1/.well-known/jwks.json'],
  [/^https:\/\/(?:cognito-idp\.[^/]+\/[^/]+|[^/]+\.tokens\.sts\.global\.api\.aws)$/, '$&/.well-known/jwks.json'],
];

/** @returns the URL of an issuer's keys, if its provider is well known */
export function usualJwksUri(issuer: string): string | undefined {
  const [pattern, uri] = usualPlaces.find(([known]) => known.test(issuer)) ?? [];
  return pattern && uri && issuer.replace(pattern, uri);
}

/**
 * Finds the URL of an issuer's keys by OpenID discovery.
 * @param place the path of the issuer in the settings, such as `issuers[0]`
 * @param isSafe whether a URL is safe to fetch
 * @throws SettingsError when discovery fails; the message says what to add to the file
 * @see https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderConfig
 */
export async function discoverJwksUri(
  issuer: string,
  place: string,
  isSafe: (url: string) => boolean,
): Promise<string> {
  const page = discoveryPage(issuer);
  if (!isSafe(page))
    throw missing(
      place,
      "and the issuer is not an https URL, so discovery is impossible: write the https URL of the issuer's keys",
    );
  try {
    return urlIn(await discover(issuer), 'jwks_uri', isSafe);
  } catch (why) {
    const usual = usualJwksUri(issuer);
    const remedy = usual ? `write "jwksUri: ${usual}"` : `open ${page} and write its jwks_uri as jwksUri`;
    throw missing(place, `and discovery failed (${causeOf(why)}): ${remedy}`);
  }
}

function missing(place: string, remedy: string): SettingsError {
  return new SettingsError(`${place}.jwksUri`, `is missing, ${remedy} into the file.`);
}

/**
 * The cause of an error of `fetch` contains the reason. After several addresses were tried, it contains only a code.
 */
export function causeOf(why: unknown): string {
  const { message, code } = ((why as Error).cause ?? why) as NodeJS.ErrnoException;
  return message || code || String(why);
}

export function discoveryPage(issuer: string): string {
  return `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
}

/**
 * @returns the discovery document of an OpenID provider
 * @throws Error when the provider does not return a valid document
 */
export async function discover(issuer: string): Promise<Record<string, unknown>> {
  const response = await fetch(discoveryPage(issuer), { redirect: 'error', signal: AbortSignal.timeout(fetchMs) });
  if (!response.ok) throw new Error(`status ${response.status}`);
  const text = await response.text();
  if (text.length > maxBytes) throw new Error('the response is too large');
  const document = parse(text);
  if (document.issuer !== issuer) throw new Error(`the page names the issuer ${JSON.stringify(document.issuer)}`);
  return document;
}

/** @throws Error when the document does not contain the URL, or the URL is not safe to fetch */
export function urlIn(document: Record<string, unknown>, name: string, isSafe: (url: string) => boolean): string {
  const { [name]: url } = document;
  if (typeof url !== 'string') throw new Error(`the page names no ${name}`);
  if (!isSafe(url)) throw new Error(`its ${name} ${JSON.stringify(url)} is not an https URL without credentials`);
  return url;
}

function parse(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) ?? {};
  } catch {
    throw new Error('the page is not JSON');
  }
}
