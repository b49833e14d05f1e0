import { holdsApiKeyId, type KeyHandle } from './api-key-id.ts';
import { ApiError } from './errors.ts';

/** What an application HRN contains: `hrn:{partition}:account::{realm}:app/{appId}`. */
export interface AppRef {
  readonly realm: string;
  readonly appId: string;
}

const appHrn = /^hrn:([a-z0-9-]+):account::([A-Za-z0-9_-]{1,64}):app\/([A-Za-z0-9]{1,64})$/;

/**
 * Parses an application HRN of a URL's path, percent-encoded. It is decoded exactly once: a remaining `%` makes it
 * invalid.
 * @throws ApiError 400288 if it is not an application HRN of this partition
 */
export function parseAppHrn(segment: string, partition: string): AppRef {
  const [, foundPartition, realm, appId] = appHrn.exec(decodeOnce(segment)) ?? [];
  const isWhole = foundPartition === partition && realm !== undefined && appId !== undefined;
  // The realm is logged, also if the caller can't see the application.
  if (!isWhole || holdsApiKeyId(realm)) throw new ApiError('400288');
  return { realm, appId };
}

/** @returns a path segment, decoded once; an empty text if the encoding is broken, or the value is not a text */
export function decodeOnce(segment: unknown): string {
  if (typeof segment !== 'string') return '';
  try {
    return decodeURIComponent(segment);
  } catch {
    return '';
  }
}

/** @returns the handle in a key HRN of that realm, from a URL's path; undefined if it is not a key HRN */
export function parseApiKeyHrn(segment: string, realm: string, partition: string): KeyHandle | undefined {
  const text = decodeOnce(segment);
  const start = formatApiKeyHrn(realm, '', partition);
  const handle = text.slice(start.length);
  return text.startsWith(start) && /^[A-Za-z0-9_-]{43}$/.test(handle) ? (handle as KeyHandle) : undefined;
}

export function formatAppHrn({ realm, appId }: AppRef, partition: string): string {
  return `hrn:${partition}:account::${realm}:app/${appId}`;
}

/** @param handle base64url(sha256(apiKeyId)) */
export function formatApiKeyHrn(realm: string, handle: string, partition: string): string {
  return `hrn:${partition}:account::${realm}:apikey/${handle}`;
}

export function formatRealmHrn(realm: string, partition: string): string {
  return `hrn:${partition}:account::${realm}:realm/${realm}`;
}

/** Whether an element of a token's scope is a project scope, in any partition: `hrn:*:authorization:*:*:project/*`. */
export function isProjectScope(element: string): boolean {
  return /^hrn:[^:]*:authorization:[^:]*:[^:]*:project\//i.test(element);
}

export function isAppId(text: string): boolean {
  return /^[A-Za-z0-9]{1,64}$/.test(text);
}

export function isRealm(text: string): boolean {
  return /^[A-Za-z0-9_-]{1,64}$/.test(text);
}
