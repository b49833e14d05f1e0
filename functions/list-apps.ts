import { listApps } from '../lib/contract/routes.ts';
import { formatApp } from '../lib/domain/app.ts';
import { hasAccess, permittedApps, standingTowards } from '../lib/domain/policy.ts';
import { endpoint } from '../lib/service/http/endpoint.ts';
import { formatPageToken, parsePage } from '../lib/service/http/page.ts';
import { listApps as read } from '../lib/store/list-apps.ts';

/** `GET /apps` */
export const handler = endpoint(listApps, async ({ caller, settings: { partition }, table, deadline, event }) => {
  const list = [listApps.id, caller.issuer, caller.realm, caller.principal];
  const { limit, after: before } = parsePage(event.multiValueQueryStringParameters, list);
  const listing = {
    realm: caller.realm,
    principal: caller.principal,
    ...permittedApps(caller, partition),
    before,
    limit,
  };
  const isVisible = (app: Parameters<typeof hasAccess>[0] & { appId: string }) =>
    hasAccess(app, app, () => standingTowards(app, caller, partition), 'read');
  const { apps, last } = await read(table, { ...listing, isVisible }, deadline);
  const pageToken = last !== undefined && { pageToken: formatPageToken(last, list) };
  return {
    status: 200,
    body: { limit, principal: caller.principal, items: apps.map((app) => formatApp(app, partition)), ...pageToken },
  };
});
