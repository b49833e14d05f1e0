import { handleOf, type KeyHandle } from './api-key-id.ts';
import { ApiError, errorTable, invalidField } from './errors.ts';

/** The JSON of a version of a secret. Fields with other names belong to the user, and stay. */
export interface SecretValue {
  /** HRN of the application. */
  readonly app: string;
  /** The API key. A secret without one gets its first key. */
  readonly apiKeyId?: string;
  /** The key HRN, for readers. */
  readonly apiKey?: string;
  /** How long the previous key is valid together with its successor. */
  readonly overlapSeconds?: number;
}

const defaultOverlapSeconds = 12 * 60 * 60;
const maxOverlapSeconds = 365 * 24 * 60 * 60;

/**
 * @param text undefined for a version without a text
 * @throws ApiError 400201 if it names no application; 400200 if it is not a JSON object or a field is wrong
 */
export function parseSecretValue(text: string | undefined): SecretValue {
  const value = parseObject(text);
  const { app, apiKeyId, overlapSeconds } = value;
  if (app === undefined) {
    throw new ApiError('400201', {
      details: [
        { title: errorTable['400201'].title, source: '$.app', message: 'is required: the HRN of the application' },
      ],
    });
  }
  if (typeof app !== 'string') throw invalidField('$.app', 'must be the HRN of the application');
  if (apiKeyId !== undefined && typeof apiKeyId !== 'string') throw invalidField('$.apiKeyId', 'must be an API key');
  if (overlapSeconds !== undefined && !isOverlap(overlapSeconds))
    throw invalidField('$.overlapSeconds', `must be a whole number from 0 to ${maxOverlapSeconds}`);
  return value as unknown as SecretValue;
}

function parseObject(text: string | undefined): Record<string, unknown> {
  const value = parseJson(text);
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw invalidField('$', 'must be a JSON object in SecretString');
}

function parseJson(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '');
  } catch {
    return undefined;
  }
}

function isOverlap(value: unknown): boolean {
  return Number.isInteger(value) && Number(value) >= 0 && Number(value) <= maxOverlapSeconds;
}

/** @returns the handle of the key in the value, if it has one */
export function handleIn({ apiKeyId }: SecretValue): KeyHandle | undefined {
  return apiKeyId === undefined ? undefined : handleOf(apiKeyId);
}

/** @returns how long the previous key is valid together with the value's key, in ms */
export function overlapMsOf({ overlapSeconds = defaultOverlapSeconds }: SecretValue): number {
  return overlapSeconds * 1_000;
}
