import { listApiKeys } from '../lib/contract/routes.ts';
import { formatApiKey } from '../lib/domain/api-key.ts';
import { formatAppHrn } from '../lib/domain/hrn.ts';
import { keysBySortKey } from '../lib/domain/keys-of-app.ts';
import { isOverAge } from '../lib/domain/lifetime.ts';
import { endpoint } from '../lib/service/http/endpoint.ts';
import { pageOf, parsePage } from '../lib/service/http/page.ts';
import { parseFlag } from '../lib/service/http/query.ts';
import { lifetimeOf } from '../lib/service/settings.ts';
import { visibleApp } from '../lib/service/use-cases/visible-app.ts';
import { lastUsesOf } from '../lib/store/last-used.ts';

/** `GET /apps/{app}/apiKeys` */
export const handler = endpoint(listApiKeys, async (call) => {
  const { settings, event, deadline, table } = call;
  const query = event.multiValueQueryStringParameters;
  const lifetime = parseFlag(query, 'overAge') ? lifetimeOf(settings, call.app.realm) : undefined;
  const list = [listApiKeys.id, formatAppHrn(call.app, settings.partition), ...(lifetime ? ['overAge'] : [])];
  const requested = parsePage(query, list);
  const app = await visibleApp(call);
  const keys = keysBySortKey(app).filter(({ key }) => !lifetime || isOverAge(key, deadline.now(), lifetime));
  const { page, pageToken } = pageOf(keys, requested, list);
  const handles = page.map(({ handle }) => handle);
  const uses = await lastUsesOf(table, app.appId, handles, deadline);
  const items = page.map(({ handle, key }) => formatApiKey(handle, key, app, settings.partition, uses.get(handle)));
  return { status: 200, body: { limit: items.length, total: keys.length, items, ...pageToken } };
});
