import { SettingsError } from '../../lib/verification/settings-rules.ts';

const fetchMs = 10_000;
const maxBytes = 256 * 1024;

/** Where the keys of well-known kinds of issuers are. */
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

/** @returns the address of an issuer's keys, if its provider is a known one */
export function usualJwksUri(issuer: string): string | undefined {
  const [pattern, uri] = usualPlaces.find(([known]) => known.test(issuer)) ?? [];
  return pattern && uri && issuer.replace(pattern, uri);
}

/**
 * Finds the address of an issuer's keys by OpenID discovery.
 * @param place of the issuer in the settings, such as `issuers[0]`
 * @throws SettingsError when the issuer cannot be asked, or does not say; it names what to write down
 * @see https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderConfig
 */
export async function discoverJwksUri(issuer: string, place: string): Promise<string> {
  const page = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  try {
    return await readJwksUri(page, issuer);
  } catch (why) {
    const usual = usualJwksUri(issuer);
    const remedy = usual ? `write "jwksUri: ${usual}"` : `open ${page} and write its jwks_uri as jwksUri`;
    const cause = why instanceof Error ? (why.cause instanceof Error ? why.cause.message : why.message) : String(why);
    throw new SettingsError(
      `${place}.jwksUri`,
      `is missing, and discovery failed (${cause}): ${remedy} into the file.`,
    );
  }
}

async function readJwksUri(page: string, issuer: string): Promise<string> {
  const response = await fetch(page, { redirect: 'error', signal: AbortSignal.timeout(fetchMs) });
  if (!response.ok) throw new Error(`status ${response.status}`);
  const text = await response.text();
  if (text.length > maxBytes) throw new Error('the answer is too large');
  const document = JSON.parse(text);
  if (document.issuer !== issuer) throw new Error(`the page names the issuer ${JSON.stringify(document.issuer)}`);
  if (typeof document.jwks_uri !== 'string') throw new Error('the page names no jwks_uri');
  return document.jwks_uri;
}
