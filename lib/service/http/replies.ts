import { formatApiKey } from '../../domain/api-key.ts';
import type { KeyHandle } from '../../domain/api-key-id.ts';
import { type App, formatApp } from '../../domain/app.ts';
import { formatApiKeyHrn } from '../../domain/hrn.ts';
import { requireKey } from '../../domain/keys-of-app.ts';
import type { NewApiKey } from '../use-cases/generate.ts';
import type { Reply } from './exchange.ts';

interface WithSettings {
  readonly settings: { readonly partition: string };
}

/** 201 with a new key, its secret included. */
export function newKeyReply({ body, isReplayed }: NewApiKey): Reply<NewApiKey['body']> {
  const { apiKey: keyHrn, rotatedFrom } = body;
  const logged = { keyHrn, ...(rotatedFrom && { rotatedFrom }), ...(isReplayed && { replayed: 'true' }) };
  return { status: 201, body, headers: replayed(isReplayed), logged };
}

/**
 * 200 with a key of the application, without its secret.
 * @throws ApiError 404666 when there is no such key
 */
export function keyReply(
  { settings }: WithSettings,
  app: App,
  handle: KeyHandle | undefined,
  lastUsedTime: number | undefined,
): Reply<ReturnType<typeof formatApiKey>> {
  const key = requireKey(app, handle);
  const body = formatApiKey(handle as KeyHandle, key, app, settings.partition, lastUsedTime);
  return { status: 200, body, logged: { keyHrn: body.apiKey, expiresAt: String(body.expiresAt) } };
}

/** 204 after a change to a key. */
export function doneReply({ settings }: WithSettings, app: App, handle: KeyHandle | undefined): Reply<undefined> {
  return { status: 204, logged: { keyHrn: formatApiKeyHrn(app.realm, handle ?? '', settings.partition) } };
}

/** 200 with an application. */
export function appReply(
  { settings }: WithSettings,
  app: App,
  isReplayed = false,
): Reply<ReturnType<typeof formatApp>> {
  const body = formatApp(app, settings.partition);
  return { status: 200, body, headers: replayed(isReplayed), logged: { app: body.hrn, appStatus: body.status } };
}

function replayed(isReplayed: boolean): Record<string, string> {
  return isReplayed ? { 'Idempotency-Replayed': 'true' } : {};
}
