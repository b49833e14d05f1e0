import { formatApiKey } from '../../domain/api-key.ts';
import type { KeyHandle } from '../../domain/api-key-id.ts';
import { type App, type AppPatch, formatApp } from '../../domain/app.ts';
import { formatApiKeyHrn } from '../../domain/hrn.ts';
import { type ApiKeyPatch, requireKey } from '../../domain/keys-of-app.ts';
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

/** What narrows a key or an application; `redo` makes it again after a restored backup. */
const restrictive = ['scopes', 'allowedSources', 'referrers'] as const;

/**
 * @returns the revision that a change has made, by which `redo` knows the order, and in JSON, as the reply shows it, what
 *   the change has set of that: null is a ceiling that it removed
 */
function changeOf(
  { rev }: App,
  patch: object | undefined,
  shown: { readonly [Name in (typeof restrictive)[number]]?: unknown },
): Record<string, string> {
  if (!patch) return {};
  const set = restrictive.filter((name) => name in patch);
  return { rev: String(rev), ...Object.fromEntries(set.map((name) => [name, JSON.stringify(shown[name] ?? null)])) };
}

/**
 * 200 with a key of the application, without its secret.
 * @param patch what the request has changed
 * @throws ApiError 404666 when there is no such key
 */
export function keyReply(
  { settings }: WithSettings,
  app: App,
  handle: KeyHandle | undefined,
  lastUsedTime: number | undefined,
  patch?: ApiKeyPatch,
): Reply<ReturnType<typeof formatApiKey>> {
  const key = requireKey(app, handle);
  const body = formatApiKey(handle as KeyHandle, key, app, settings.partition, lastUsedTime);
  const logged = { keyHrn: body.apiKey, expiresAt: String(body.expiresAt), ...changeOf(app, patch, body) };
  return { status: 200, body, logged };
}

/** 204 after a change to a key. */
export function doneReply({ settings }: WithSettings, app: App, handle: KeyHandle | undefined): Reply<undefined> {
  const keyHrn = formatApiKeyHrn(app.realm, handle ?? '', settings.partition);
  return { status: 204, logged: { keyHrn, rev: String(app.rev) } };
}

/** 200 with an application. @param patch what the request has changed */
export function appReply(
  { settings }: WithSettings,
  app: App,
  { isReplayed = false, patch }: { readonly isReplayed?: boolean; readonly patch?: AppPatch } = {},
): Reply<ReturnType<typeof formatApp>> {
  const body = formatApp(app, settings.partition);
  const logged = { app: body.hrn, appStatus: body.status, ...changeOf(app, patch, body) };
  return { status: 200, body, headers: replayed(isReplayed), logged };
}

function replayed(isReplayed: boolean): Record<string, string> {
  return isReplayed ? { 'Idempotency-Replayed': 'true' } : {};
}
