import { credentialsPath, holdCredentialsFile, readCredentialsFile, writeCredentialsFile } from './credentials-file.ts';
import { isRecord, isText } from './shapes.ts';
import { tell } from './terminal.ts';

/** A session at one service. */
export interface Profile {
  /** of the service; the access token is sent to no other URL */
  readonly url: string;
  readonly issuer: string;
  readonly clientId: string;
  /** who has signed in; missing where the service did not say */
  readonly principal?: string;
  readonly tokenEndpoint: string;
  readonly endSessionEndpoint?: string;
  readonly accessToken: string;
  /** ms since the Unix epoch; missing where the identity provider does not say */
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
 * A profile that is broken counts as none, and the user is told of it.
 * @throws Error when the file is broken, cannot be read, or others can read it
 */
export function readCredentials(): Credentials {
  const text = readCredentialsFile();
  return text === undefined ? { profiles: new Map() } : parse(text);
}

/**
 * Changes the credentials while no other command does.
 * @param change gets the credentials as they are now
 * @throws Error when the file cannot be read or written: it is as before then
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

/** @returns the credentials with a profile that is new or another now */
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

/** Of these profiles, the user knows that they are broken. */
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
