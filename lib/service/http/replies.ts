import { effectiveByHeader } from '../../contract/effective-by.ts';
import { formatApiKey } from '../../domain/api-key.ts';
import type { KeyHandle } from '../../domain/api-key-id.ts';
import { type App, type AppPatch, formatApp } from '../../domain/app.ts';
import { formatApiKeyHrn } from '../../domain/hrn.ts';
import { type ApiKeyPatch, requireKey } from '../../domain/keys-of-app.ts';
import type { Deadline } from '../../store/settle.ts';
import { effectiveByOf } from '../effective-by.ts';
import type { Settings } from '../settings.ts';
import type { NewApiKey } from '../use-cases/generate.ts';
import type { Reply } from './exchange.ts';

interface WithSettings {
  readonly settings: { readonly partition: string };
}

/** 201 with a new key and its secret. */
export function newKeyReply({ body, isReplayed }: NewApiKey): Reply<NewApiKey['body']> {
  const { apiKey: keyHrn, rotatedFrom } = body;
  const logged = { keyHrn, ...(rotatedFrom && { rotatedFrom }), ...(isReplayed && { replayed: 'true' }) };
  return { status: 201, body, headers: replayed(isReplayed), logged };
}

/** The restrictions of a key or an application. `redo` restores them after a restored backup. */
const restrictive = ['scopes', 'allowedSources', 'referrers'] as const;

/**
 * @returns the revision after a change, by which `redo` knows the order, and the restrictions that the change has set,
 * in JSON as in the reply; null is a removed ceiling
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
 * @throws ApiError 404666 if there is no such key
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

/** @returns what is logged about a change of a key */
export function changedKey({ settings }: WithSettings, app: App, handle: KeyHandle | undefined) {
  return { keyHrn: formatApiKeyHrn(app.realm, handle ?? '', settings.partition), rev: String(app.rev) };
}

/** A call whose change has been made, if there was one to make. */
interface DoneCall {
  readonly settings: Settings;
  readonly deadline: Pick<Deadline, 'now'>;
}

/** 204 after a change that has taken access away from keys. */
export function revokedReply(
  { settings, deadline }: DoneCall,
  logged: Readonly<Record<string, string>> = {},
): Reply<undefined> {
  return withReceipt({ status: 204, logged }, effectiveByOf(settings, deadline.now()));
}

/** 202 for a report of a key: the same whether or not the key exists. */
export function acceptedReply({ settings, deadline }: DoneCall, logged: Readonly<Record<string, string>>) {
  const reply = { status: 202, body: { accepted: true } as const, logged };
  return withReceipt(reply, effectiveByOf(settings, deadline.now()));
}

/**
 * @param end when the revoked access ends, in ms since the epoch; undefined if nothing was revoked
 * @returns the reply with the time from which no verifier accepts it
 */
export function withEnd<Body extends object>(
  { settings }: Pick<DoneCall, 'settings'>,
  reply: Reply<Body>,
  end: number | undefined,
): Reply<Body & { effectiveBy?: number }> {
  if (end === undefined) return reply;
  const effectiveBy = effectiveByOf(settings, end);
  return withReceipt({ ...reply, body: { ...(reply.body as Body), effectiveBy } }, effectiveBy);
}

function withReceipt<Body>(reply: Reply<Body>, effectiveBy: number): Reply<Body> {
  const text = String(effectiveBy);
  return {
    ...reply,
    headers: { ...reply.headers, [effectiveByHeader]: text },
    logged: { ...reply.logged, effectiveBy: text },
  };
}

/**
 * 200 with an application.
 * @param patch what the request has changed
 */
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
