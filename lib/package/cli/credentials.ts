import { credentialsPath, holdCredentialsFile, readCredentialsFile, writeCredentialsFile } from './credentials-file.ts';
import { isRecord, isText } from './shapes.ts';

/** A session at one service. */
export interface Profile {
  /** of the service; the access token is sent to no other URL */
  readonly url: string;
  readonly issuer: string;
  readonly clientId: string;
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

/** @throws Error when the file is broken, cannot be read, or others can read it */
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
  try {
    const { current, profiles }: { current?: unknown; profiles?: unknown } = JSON.parse(text);
    const entries = Object.entries(isRecord(profiles) ? profiles : { profiles });
    const valid = entries.filter((entry): entry is [string, Profile] => isProfile(entry[1]));
    if (valid.length < entries.length) throw new Error('No profile.');
    return { ...(isText(current) && { current }), profiles: new Map(valid) };
  } catch {
    throw new Error(`The file ${credentialsPath()} is broken. Delete it, and run "appkeys login".`);
  }
}

function isProfile(value: unknown): value is Profile {
  if (!isRecord(value)) return false;
  const { url, issuer, clientId, tokenEndpoint, endSessionEndpoint = '', accessToken, expiresAt = 0 } = value;
  const { refreshToken = '' } = value;
  return (
    [issuer, clientId, endSessionEndpoint, accessToken, refreshToken].every(isText) &&
    [url, tokenEndpoint].every((address) => isText(address) && URL.canParse(address)) &&
    typeof expiresAt === 'number'
  );
}
