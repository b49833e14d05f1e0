import { text } from 'node:stream/consumers';
import type * as routes from '../../lib/contract/routes.ts';
import { messageOf, parseFlags, UsageError } from '../local/command-line.ts';

type Routes = typeof routes;
/** Every operation with which a caller of the API changes something. */
type ChangeId = {
  [Id in keyof Routes]: Routes[Id] extends { method: 'get' } | { isVerification: true } | { access: 'invoke' }
    ? never
    : Id;
}[keyof Routes];

/** The fields of an audit line about a change. */
type Fields = Readonly<
  Record<
    'app' | 'keyHrn' | 'outcome' | 'rotatedFrom' | 'expiresAt' | 'appStatus' | 'grantee' | 'actions' | 'issuer',
    string
  > &
    Partial<Record<'scopes' | 'allowedSources' | 'referrers', string>>
>;

/** Requests, with one line for each. A line has a method, a path, and an optional body. */
type Redo = (fields: Fields, now: number) => string | readonly string[] | undefined;

const segment = encodeURIComponent;
const appPath = ({ app }: Fields) => `/apps/${segment(app)}`;
const keyPath = (fields: Fields) => `${appPath(fields)}/apiKeys/${segment(fields.keyHrn)}`;
const grantPath = (fields: Fields) => `${appPath(fields)}/grants/${segment(fields.grantee)}`;
const issuerPath = (fields: Fields) => `${appPath(fields)}/issuers/${segment(fields.issuer)}`;
/** @returns a body of the fields that the audit line contains; their values are already JSON */
function bodyOf(fields: Readonly<Record<string, string | undefined>>): string {
  const shown = Object.entries(fields).filter(([, json]) => json !== undefined);
  return `{${shown.map(([name, json]) => `"${name}":${json}`).join(',')}}`;
}

/** A lost creation can't be repeated, because its secret value is lost. */
const lost = () => undefined;

const redoOf: Readonly<Record<ChangeId, Redo>> = {
  generateApiKey: lost,
  createApp: lost,
  rotateApiKey: (fields) => `POST ${keyPath({ ...fields, keyHrn: fields.rotatedFrom })}/disable`,
  deleteApiKey: (fields) => `DELETE ${keyPath(fields)}`,
  deleteApiKeys: (fields) => `DELETE ${appPath(fields)}/apiKeys`,
  disableApiKey: (fields) => `POST ${keyPath(fields)}/disable`,
  // A key of an application with referrers stayed enabled.
  revokeApiKey: (fields) => (fields.outcome === 'disabled' ? `POST ${keyPath(fields)}/disable` : undefined),
  enableApiKey: (fields) => `POST ${keyPath(fields)}/enable`,
  updateApiKey: (fields, now) => {
    const { expiresAt, allowedSources, scopes } = fields;
    const isOver = expiresAt !== '-1' && Number(expiresAt) <= now;
    if (isOver) return `DELETE ${keyPath(fields)}`;
    // The scopes are a separate request, because the application may no longer allow them.
    const parts = [{ expiresAt, allowedSources }, ...(scopes === undefined ? [] : [{ scopes }])];
    return parts.map((part) => `PATCH ${keyPath(fields)} ${bodyOf(part)}`);
  },
  updateApp: (fields) => {
    const { appStatus, referrers, scopes } = fields;
    return `PATCH ${appPath(fields)} ${bodyOf({ status: `"${appStatus}"`, referrers, scopes })}`;
  },
  deleteApp: (fields) => `DELETE ${appPath(fields)}`,
  putGrant: (fields) => `PUT ${grantPath(fields)} ${JSON.stringify({ actions: fields.actions.split(' ') })}`,
  deleteGrant: (fields) => `DELETE ${grantPath(fields)}`,
  putIssuer: (fields) => `PUT ${issuerPath(fields)}`,
  deleteIssuer: (fields) => `DELETE ${issuerPath(fields)}`,
};

interface AuditLine extends Fields {
  readonly event: string;
  readonly result: string;
  readonly operation: string;
  readonly realm: string;
  readonly timestamp: string;
  /** the revision of the application after the change, if the line contains it */
  readonly rev?: string;
}

/**
 * Converts the changes in a log to requests that repeat them on an older table.
 * @param log lines of functions; only audit lines of completed changes in `realm` count
 * @param now ms since the Unix epoch; keys that have expired by then are deleted
 * @returns one request per line, in the order of the changes of each application
 */
export function redoLines(log: string, realm: string, now: number): string[] {
  const audits = log.split('\n').flatMap((line) => (line.includes('"event":"audit"') ? [JSON.parse(line)] : []));
  const made = (audits as AuditLine[]).filter((line) => line.result === 'done' && line.realm === realm);
  const byTime = made.toSorted((one, other) => (one.timestamp < other.timestamp ? -1 : 1));
  const byApp = Map.groupBy(byTime, ({ app }) => app);
  return [...byApp.values()].flatMap(inOrder).flatMap((line) => {
    const redo = Object.hasOwn(redoOf, line.operation) ? redoOf[line.operation as ChangeId] : lost;
    return redo(line, now) ?? [];
  });
}

/** Sorts the lines by revision, because the log can have changes at the same time in a different order. */
function inOrder(lines: readonly AuditLine[]): readonly AuditLine[] {
  const numbered = lines.filter(({ rev }) => rev !== undefined);
  const next = numbered.toSorted((one, other) => Number(one.rev) - Number(other.rev)).values();
  return lines.map((line) => (line.rev === undefined ? line : (next.next().value ?? line)));
}

if (import.meta.main) {
  try {
    const { realm } = parseFlags(process.argv.slice(2), { realm: { type: 'string' } });
    if (!realm) throw new UsageError('usage: npm run --silent redo -- --realm REALM < LOG');
    for (const line of redoLines(await text(process.stdin), realm, Date.now())) console.log(line);
  } catch (error) {
    console.error(messageOf(error));
    process.exitCode = 2;
  }
}
