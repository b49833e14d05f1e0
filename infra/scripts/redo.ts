import { text } from 'node:stream/consumers';
import type * as routes from '../../lib/contract/routes.ts';
import { messageOf, parseFlags, UsageError } from '../local/command-line.ts';

type Routes = typeof routes;
/** Every operation that changes something for a caller of the API. */
type ChangeId = {
  [Id in keyof Routes]: Routes[Id] extends { method: 'get' } | { isVerification: true } | { access: 'invoke' }
    ? never
    : Id;
}[keyof Routes];

/** What an audit line says of a change. */
type Fields = Readonly<
  Record<
    'app' | 'keyHrn' | 'outcome' | 'rotatedFrom' | 'expiresAt' | 'appStatus' | 'grantee' | 'actions' | 'issuer',
    string
  > &
    Partial<Record<'scopes' | 'allowedSources' | 'referrers', string>>
>;

/** Requests: method, path and perhaps a body, in one line each. */
type Redo = (fields: Fields, now: number) => string | readonly string[] | undefined;

const segment = encodeURIComponent;
const appPath = ({ app }: Fields) => `/apps/${segment(app)}`;
const keyPath = (fields: Fields) => `${appPath(fields)}/apiKeys/${segment(fields.keyHrn)}`;
const grantPath = (fields: Fields) => `${appPath(fields)}/grants/${segment(fields.grantee)}`;
const issuerPath = (fields: Fields) => `${appPath(fields)}/issuers/${segment(fields.issuer)}`;
/** @returns a body of those fields that an audit line has, whose values are JSON already */
function bodyOf(fields: Readonly<Record<string, string | undefined>>): string {
  const shown = Object.entries(fields).filter(([, json]) => json !== undefined);
  return `{${shown.map(([name, json]) => `"${name}":${json}`).join(',')}}`;
}

/** What was made is lost, with its secret. */
const lost = () => undefined;

const redoOf: Readonly<Record<ChangeId, Redo>> = {
  generateApiKey: lost,
  createApp: lost,
  rotateApiKey: (fields) => `POST ${keyPath({ ...fields, keyHrn: fields.rotatedFrom })}/disable`,
  deleteApiKey: (fields) => `DELETE ${keyPath(fields)}`,
  deleteApiKeys: (fields) => `DELETE ${appPath(fields)}/apiKeys`,
  disableApiKey: (fields) => `POST ${keyPath(fields)}/disable`,
  // A key that is public in web pages stayed enabled.
  revokeApiKey: (fields) => (fields.outcome === 'disabled' ? `POST ${keyPath(fields)}/disable` : undefined),
  enableApiKey: (fields) => `POST ${keyPath(fields)}/enable`,
  updateApiKey: (fields, now) => {
    const { expiresAt, allowedSources, scopes } = fields;
    const isOver = expiresAt !== '-1' && Number(expiresAt) <= now;
    if (isOver) return `DELETE ${keyPath(fields)}`;
    // The ceiling may reject the scopes by now, and nothing else with them.
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
  /** revision of the application that the change has made, where the line tells it */
  readonly rev?: string;
}

/**
 * Says by which requests the changes that a log tells of are made once more, on a table that is older than they are.
 * @param log lines of functions; whatever is no audit line of a change that was made in `realm` is passed over
 * @param now ms since the epoch: a key whose expiry has passed since is deleted
 * @returns one request a line; those of one application in the order of the changes
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

/** Lines of changes at one time may be written in another order than the changes were made. */
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
