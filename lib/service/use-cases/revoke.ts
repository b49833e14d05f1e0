import { randomUUID } from 'node:crypto';
import { handleOf, type KeyHandle, parseApiKeyId } from '../../domain/api-key-id.ts';
import type { App } from '../../domain/app.ts';
import { ApiError } from '../../domain/errors.ts';
import { formatApiKeyHrn, formatAppHrn } from '../../domain/hrn.ts';
import { leaked, liveKey, reportKey } from '../../domain/leaked-key.ts';
import { fullRights } from '../../domain/policy.ts';
import { changeApp } from '../../store/change-app.ts';
import { getApp } from '../../store/get-app.ts';
import type { RateLimiter } from '../../store/rate-limit.ts';
import type { Deadline } from '../../store/settle.ts';
import type { Service } from '../service.ts';
import { sweepRulesOf, verifierSettings } from '../settings.ts';

/** What a report of a key needs of the call. */
export interface ReportCall extends Service {
  /** Counts the reports from one source. */
  readonly countReport: RateLimiter;
  /** The source whose reports are counted together. */
  readonly source: string;
  readonly correlationId: string;
  readonly deadline: Deadline;
  /** Called with the reported key, before it is disabled. */
  about(found: { readonly appHrn: string; readonly keyHrn: string }): void;
}

/**
 * The outcome of a report, for the log.
 * - `disabled`: by this report or an earlier one.
 * - `reported`: the key is public in web pages, and stays enabled.
 * - `ended`: it was no longer valid.
 */
export type Report =
  | { readonly outcome: 'malformed' | 'nothing' }
  | { readonly outcome: 'disabled' | 'reported' | 'ended'; readonly app: App; readonly keyHrn: string };

/** Stands for the holder of a key. No token can have this name. */
const holder = 'lambda:revokeApiKey';

/**
 * Disables a key for its holder. A text that is not a key costs nothing. Any other one costs a count and a read, and a
 * live key a write.
 * @throws ApiError 429003 if there were too many reports from the source; 503000 if the database is unavailable
 */
export async function revoke(call: ReportCall, text: string): Promise<Report> {
  const { settings, table, deadline, source, countReport } = call;
  const parsed = parseApiKeyId(text.trim(), verifierSettings(settings).prefixes);
  if (!parsed) return { outcome: 'malformed' };
  await countReport({ issuer: '', principal: source }, deadline);
  const found = await getApp(table, parsed.appId, deadline);
  const handle = handleOf(parsed.apiKeyId);
  if (!found || !Object.hasOwn(found.keys, handle)) return { outcome: 'nothing' };
  const keyHrn = formatApiKeyHrn(found.realm, handle, settings.partition);
  call.about({ appHrn: formatAppHrn(found, settings.partition), keyHrn });
  const { correlationId } = call;
  const change = { op: randomUUID(), at: deadline.now(), by: holder, action: leaked, keyHrn, correlationId };
  const edit = (app: App) => reportKey(app, handle, change);
  const rules = sweepRulesOf(settings, found.realm);
  const wanted = { app: found, callerRights: fullRights, needed: 'write', change, rules, edit } as const;
  const app = await changeApp(table, wanted, deadline, found).catch(unlessGone);
  return app ? { outcome: outcomeIn(app, handle, change.at), app, keyHrn } : { outcome: 'nothing' };
}

function outcomeIn(app: App, handle: KeyHandle, now: number): 'disabled' | 'reported' | 'ended' {
  if (liveKey(app, handle, now)) return 'reported';
  return app.keys[handle]?.disabledReason ? 'disabled' : 'ended';
}

/** The application was deleted in the meantime, and its key with it. */
function unlessGone(why: unknown): undefined {
  if (why instanceof ApiError && why.code === '404660') return undefined;
  throw why;
}

/** @returns what is logged about a report */
export function loggedOf(report: Report, partition: string): Record<string, string> {
  if (!('app' in report)) return { outcome: report.outcome };
  const { outcome, app, keyHrn } = report;
  return { outcome, app: formatAppHrn(app, partition), realm: app.realm, keyHrn, rev: String(app.rev) };
}
