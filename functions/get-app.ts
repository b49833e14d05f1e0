import { getApp } from '../lib/contract/operations.ts';
import { formatApp } from '../lib/domain/app.ts';
import { requireAccess, standingTowards } from '../lib/domain/policy.ts';
import { endpoint } from '../lib/http/endpoint.ts';
import { getApp as read } from '../lib/store/get-app.ts';

/** `GET /apps/{app}` */
export const handler = endpoint(getApp, async ({ caller, app, settings, table, deadline }) => {
  const standing = standingTowards(app, caller, settings.partition);
  const found = await read(table, app.appId, deadline);
  requireAccess(found, app, standing, 'read');
  return { status: 200, body: formatApp(found, settings.partition) };
});
