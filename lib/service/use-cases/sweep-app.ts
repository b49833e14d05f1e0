import { randomUUID } from 'node:crypto';
import { log } from '../../base/log.ts';
import type { KeyHandle } from '../../domain/api-key-id.ts';
import type { App } from '../../domain/app.ts';
import type { SweepRules } from '../../domain/due.ts';
import { ApiError } from '../../domain/errors.ts';
import { prune } from '../../domain/housekeeping.ts';
import { formatApiKeyHrn, formatAppHrn } from '../../domain/hrn.ts';
import {
  endGrace,
  type Grace,
  gracesOf,
  keysToLookAt,
  type Notice,
  unsentNotices,
  withFirstUses,
  withSent,
  withUses,
} from '../../domain/notices.ts';
import { fullRights } from '../../domain/policy.ts';
import { changeApp } from '../../store/change-app.ts';
import { writeSwept } from '../../store/due-apps.ts';
import { getApp } from '../../store/get-app.ts';
import { readUses } from '../../store/last-used.ts';
import type { Deadline } from '../../store/settle.ts';
import type { Table } from '../../store/table.ts';
import { type Settings, sweepRulesOf } from '../settings.ts';

/**
 * Sends notices of an application in their order.
 * @returns how many of them the bus has accepted
 */
export type Announce = (app: App, notices: readonly Notice[]) => Promise<number>;

interface Turn {
  readonly table: Table;
  readonly settings: Settings;
  readonly announce: Announce | undefined;
  readonly now: number;
  /** Gives each step its own time, because the bus can take long. */
  newDeadline(): Deadline;
}

interface Done {
  /** Whether the state of the sweep was written. If not, the application was changed in the meantime. */
  readonly isWritten: boolean;
  readonly announced: number;
  readonly unannounced: number;
  readonly ended: number;
}

/** Whether the table did not respond, so that a change may have been made. */
export function isUnavailable(why: unknown): boolean {
  return why instanceof ApiError && why.code === '503000';
}

/** The principal of changes by the sweep. */
const by = 'lambda:sweep';

/**
 * Does what is due in one application. A notice is recorded after the bus has accepted it. If anything fails in
 * between, it is sent again, with the same ID.
 * @throws ApiError 503000 if the table does not respond
 */
export async function sweepApp(turn: Turn, appId: string): Promise<Done> {
  const { table, settings, now } = turn;
  const before = await getApp(table, appId, turn.newDeadline());
  if (!before) throw new Error('the index byDue names an application that does not exist');
  const rules = sweepRulesOf(settings, before.realm);
  const looked = await lookAtUses(turn, before, rules);
  const ended = await endKeys(turn, looked.app, rules);
  if (ended > 0) return { isWritten: true, announced: 0, unannounced: 0, ended };
  const due = noticesDue(looked, now, rules);
  const announced = turn.announce && due.length > 0 ? await turn.announce(before, due) : 0;
  const after = prune(withSent(looked.app, due.slice(0, announced)), now);
  const isWritten = await writeSwept(table, { before, after, now, rules }, turn.newDeadline());
  return { isWritten, announced, unannounced: due.length - announced, ended };
}

interface Looked {
  readonly app: App;
  /** Whether the needed times of use could be read. */
  readonly areUsesKnown: boolean;
}

/**
 * Reads times of use if something depends on them now.
 * @returns the application, with a note of the result
 */
async function lookAtUses({ table, now, newDeadline }: Turn, app: App, rules: SweepRules): Promise<Looked> {
  const idle = rules.notices ? keysToLookAt(app, now, rules.notices) : [];
  const graces = rules.hasUses ? gracesOf(app, now).filter(({ at, isUsed }) => !isUsed && at <= now) : [];
  const handles = [...new Set<KeyHandle>([...idle, ...graces.map(({ to }) => to)])];
  if (handles.length === 0) return { app, areUsesKnown: true };
  const uses = await readUses(table, app.appId, handles, newDeadline());
  if (!uses) return { app, areUsesKnown: false };
  return { app: withFirstUses(withUses(app, handles, uses, now), graces, uses), areUsesKnown: true };
}

function noticesDue({ app, areUsesKnown }: Looked, now: number, { notices }: SweepRules): Notice[] {
  if (!notices) return [];
  const rules = areUsesKnown ? notices : { ...notices, idleDays: undefined };
  return unsentNotices(app, rules).filter(({ at }) => at <= now);
}

/**
 * Ends the old keys of rotations whose successors have been in use for long enough, each by a change of its own. The
 * application is a new version after that, so the next run does what else is due.
 * @returns how many keys it has ended
 */
async function endKeys(turn: Turn, app: App, rules: SweepRules): Promise<number> {
  if (!rules.hasUses) return 0;
  const over = gracesOf(app, turn.now).filter(({ isUsed, at }) => isUsed && at <= turn.now);
  let ended = 0;
  for (const grace of over) if (await endKey(turn, app, grace, rules)) ended += 1;
  return ended;
}

async function endKey(turn: Turn, app: App, grace: Grace, rules: SweepRules): Promise<boolean> {
  const { table, settings } = turn;
  const deadline = turn.newDeadline();
  const keyHrn = formatApiKeyHrn(app.realm, grace.from, settings.partition);
  const correlationId = randomUUID();
  const change = { op: randomUUID(), at: deadline.now(), by, action: 'updateApiKey', keyHrn, correlationId };
  const edit = (found: App) => endGrace(found, grace, change.at);
  const audit = (result: object) =>
    log({
      event: 'audit',
      level: 'INFO',
      operation: change.action,
      app: formatAppHrn(app, settings.partition),
      realm: app.realm,
      keyHrn,
      expiresAt: String(change.at),
      by,
      correlation_id: correlationId,
      ...result,
    });
  try {
    const wanted = { app, callerRights: fullRights, needed: 'write', change, rules, edit } as const;
    const { lastChange, rev } = await changeApp(table, wanted, deadline);
    if (lastChange.op !== change.op) return false;
    audit({ result: 'done', rev: String(rev) });
    return true;
  } catch (why) {
    if (isUnavailable(why)) audit({ result: 'unknown' });
    throw why;
  }
}
