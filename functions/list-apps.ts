import { listApps } from '../lib/contract/routes.ts';
import { formatApp } from '../lib/domain/app.ts';
import { callerRightsOn, hasAccess, hasPermission, permittedApps } from '../lib/domain/policy.ts';
import { endpoint } from '../lib/service/http/endpoint.ts';
import { formatPageToken, parsePage } from '../lib/service/http/page.ts';
import { parseAction, parseFlag } from '../lib/service/http/query.ts';
import { dueNotices } from '../lib/service/use-cases/due-notices.ts';
import { listApps as read } from '../lib/store/list-apps.ts';

/** `GET /apps` */
export const handler = endpoint(listApps, async (call) => {
  const { caller, table, deadline } = call;
  const { partition } = call.settings;
  const query = call.event.multiValueQueryStringParameters;
  const action = parseAction(query);
  const { issuer, realm, principal } = caller;
  const list = [listApps.id, issuer, realm, principal, action];
  const { limit, from } = parsePage(query, list);
  const part = { before: from?.after, known: from?.total, limit };
  const listing = { realm, principal, action, ...permittedApps(caller, partition, action), ...part };
  const isVisible = (app: Parameters<typeof hasAccess>[0] & { appId: string }) =>
    hasAccess(app, app, () => callerRightsOn(app, caller, partition), action);
  const { apps, last, total } = await read(table, { ...listing, isVisible }, deadline);
  const items = apps.map((app) => formatApp(app, partition));
  const due = parseFlag(query, 'due') && { due: await dueNotices(call, apps) };
  const pageToken = last !== undefined && { pageToken: formatPageToken({ after: last, total }, list) };
  const mayCreate = hasPermission(caller, 'createApp');
  return { status: 200, body: { limit: items.length, total, principal, mayCreate, items, ...due, ...pageToken } };
});
