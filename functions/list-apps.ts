import { listApps } from '../lib/contract/routes.ts';
import { formatApp } from '../lib/domain/app.ts';
import { hasAccess, permittedApps, standingTowards } from '../lib/domain/policy.ts';
import { endpoint } from '../lib/service/http/endpoint.ts';
import { formatPageToken, parsePage } from '../lib/service/http/page.ts';
import { parseAction } from '../lib/service/http/query.ts';
import { listApps as read } from '../lib/store/list-apps.ts';

/** `GET /apps` */
export const handler = endpoint(listApps, async ({ caller, settings: { partition }, table, deadline, event }) => {
  const query = event.multiValueQueryStringParameters;
  const action = parseAction(query);
  const list = [listApps.id, caller.issuer, caller.realm, caller.principal, action];
  const { limit, from } = parsePage(query, list);
  const listing = {
    realm: caller.realm,
    principal: caller.principal,
    action,
    ...permittedApps(caller, partition, action),
    before: from?.after,
    known: from?.total,
    limit,
  };
  const isVisible = (app: Parameters<typeof hasAccess>[0] & { appId: string }) =>
    hasAccess(app, app, () => standingTowards(app, caller, partition), action);
  const { apps, last, total } = await read(table, { ...listing, isVisible }, deadline);
  const items = apps.map((app) => formatApp(app, partition));
  const pageToken = last !== undefined && { pageToken: formatPageToken({ after: last, total }, list) };
  return { status: 200, body: { limit: items.length, total, principal: caller.principal, items, ...pageToken } };
});
