import { credentialsPath, holdCredentialsFile, readCredentialsFile, writeCredentialsFile } from './credentials-file.ts';
import { isRecord, isText } from './shapes.ts';
import { tell } from './terminal.ts';

/** A session at one service. */
export interface Profile {
  /** URL of the service; the access token is sent to no other URL */
  readonly url: string;
  readonly issuer: string;
  readonly clientId: string;
  /** the principal that signed in; missing if the service did not report it */
  readonly principal?: string;
  readonly tokenEndpoint: string;
  readonly endSessionEndpoint?: string;
  readonly accessToken: string;
  /** ms since the Unix epoch; missing if the identity provider does not report it */
  readonly expiresAt?: number;
  readonly refreshToken?: string;
}

/** The sessions of the user. */
export interface Credentials {
  /** the profile of the last login */
  readonly current?: string;
  readonly profiles: ReadonlyMap<string, Profile>;
}

/**
 * Ignores a broken profile and warns the user.
 * @throws Error when the file is broken or cannot be read, or other users can read it
 */
export function readCredentials(): Credentials {
  const text = readCredentialsFile();
  return text === undefined ? { profiles: new Map() } : parse(text);
}

/**
 * Changes the credentials while no other command changes them.
 * @param change receives the current credentials
 * @throws Error when the file cannot be read or written; the file is then unchanged
 */
export async function changeCredentials(change: (credentials: Credentials) => Credentials): Promise<void> {
  await holdCredentials(async (write) => write(change));
}

/**
 * Runs `action` while no other command changes the credentials.
 * @throws Error when the file cannot be read or written
 */
export async function holdCredentials<T>(
  action: (write: (change: (credentials: Credentials) => Credentials) => void) => Promise<T>,
): Promise<T> {
  return holdCredentialsFile(() => action((change) => writeCredentialsFile(format(change(readCredentials())))));
}

/** @returns the credentials with this profile added or replaced */
export function withProfile(credentials: Credentials, name: string, profile: Profile): Credentials {
  return { ...credentials, profiles: new Map(credentials.profiles).set(name, profile) };
}

/** @returns the credentials without these profiles */
export function withoutProfiles({ current, profiles }: Credentials, names: readonly string[]): Credentials {
  const kept = new Map([...profiles].filter(([name]) => !names.includes(name)));
  return { ...(current !== undefined && kept.has(current) && { current }), profiles: kept };
}

function format({ current, profiles }: Credentials): string {
  return `${JSON.stringify({ current, profiles: Object.fromEntries(profiles) }, null, 2)}\n`;
}

function parse(text: string): Credentials {
  const { current, profiles } = parseObject(text);
  const valid = new Map<string, Profile>();
  for (const [name, profile] of Object.entries(isRecord(profiles) ? profiles : {}))
    if (isProfile(profile)) valid.set(name, profile);
    else tellOfBroken(name);
  return { ...(isText(current) && { current }), profiles: valid };
}

function parseObject(text: string): Readonly<Record<string, unknown>> {
  try {
    const value = JSON.parse(text);
    if (isRecord(value)) return value;
  } catch {}
  throw new Error(
    `The file ${credentialsPath()} is broken. Delete it, and run "appkeys login". Sessions in it remain at the identity provider.`,
  );
}

/** The broken profiles that the user has been warned about. */
const known = new Set<string>();

function tellOfBroken(name: string): void {
  if (known.has(name)) return;
  known.add(name);
  tell(`The profile ${name} in ${credentialsPath()} is broken and is ignored. Run "appkeys login --profile ${name}".`);
}

function isProfile(value: unknown): value is Profile {
  if (!isRecord(value)) return false;
  const { url, issuer, clientId, tokenEndpoint, endSessionEndpoint = '', accessToken, expiresAt = 0 } = value;
  const { principal = '', refreshToken = '' } = value;
  return (
    [issuer, clientId, principal, endSessionEndpoint, accessToken, refreshToken].every(isText) &&
    [url, tokenEndpoint].every((address) => isText(address) && URL.canParse(address)) &&
    typeof expiresAt === 'number'
  );
}
