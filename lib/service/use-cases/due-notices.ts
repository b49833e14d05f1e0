import type { App } from '../../domain/app.ts';
import { formatApiKeyHrn, formatAppHrn } from '../../domain/hrn.ts';
import {
  currentNotices,
  keysToLookAt,
  type NoticeEvent,
  type NoticeRules,
  noticeEvents,
  withUses,
} from '../../domain/notices.ts';
import { readUses } from '../../store/last-used.ts';
import type { Deadline } from '../../store/settle.ts';
import type { Service } from '../service.ts';
import { noticeRulesOf } from '../settings.ts';

/** A notice that is true for a key since a time in ms since the epoch. */
interface DueNotice {
  readonly app: string;
  readonly apiKey: string;
  readonly notice: NoticeEvent;
  readonly time: number;
}

type Context = Pick<Service, 'table' | 'settings'> & { readonly deadline: Deadline };

/**
 * @returns the notices that are true for the keys of these applications now; of idle keys, as far as their uses can be
 * read
 */
export async function dueNotices(context: Context, apps: readonly App[]): Promise<DueNotice[]> {
  return (await Promise.all(apps.map((app) => noticesIn(context, app)))).flat();
}

async function noticesIn(context: Context, app: App): Promise<DueNotice[]> {
  const { partition } = context.settings;
  const now = context.deadline.now();
  const rules = noticeRulesOf(context.settings, app.realm);
  const looked = await lookedAt(context, app, now, rules);
  const notices = currentNotices(looked ?? app, now, looked ? rules : { ...rules, idleDays: undefined });
  return notices.map(({ handle, name, at }) => ({
    app: formatAppHrn(app, partition),
    apiKey: formatApiKeyHrn(app.realm, handle, partition),
    notice: noticeEvents[name],
    time: at,
  }));
}

/**
 * Reads the times of use of keys that may be idle.
 * @returns undefined if they can't be read
 */
async function lookedAt(
  { table, deadline }: Context,
  { watched: _, ...app }: App,
  now: number,
  rules: NoticeRules,
): Promise<App | undefined> {
  const handles = keysToLookAt(app, now, rules);
  if (handles.length === 0) return app;
  const uses = await readUses(table, app.appId, handles, deadline);
  return uses && withUses(app, handles, uses, now);
}
