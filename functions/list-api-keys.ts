import { listApiKeys } from '../lib/contract/routes.ts';
import { formatApiKey } from '../lib/domain/api-key.ts';
import { formatAppHrn } from '../lib/domain/hrn.ts';
import { keysBySortKey } from '../lib/domain/keys-of-app.ts';
import { isOverAge } from '../lib/domain/lifetime.ts';
import { endpoint } from '../lib/service/http/endpoint.ts';
import { formatPageToken, parsePage } from '../lib/service/http/page.ts';
import { parseFlag } from '../lib/service/http/query.ts';
import { lifetimeOf } from '../lib/service/settings.ts';
import { visibleApp } from '../lib/service/use-cases/visible-app.ts';
import { lastUsesOf } from '../lib/store/last-used.ts';

/** `GET /apps/{app}/apiKeys` */
export const handler = endpoint(listApiKeys, async (call) => {
  const { settings, event, deadline } = call;
  const query = event.multiValueQueryStringParameters;
  const lifetime = parseFlag(query, 'overAge') ? lifetimeOf(settings, call.app.realm) : undefined;
  const list = [listApiKeys.id, formatAppHrn(call.app, settings.partition), ...(lifetime ? ['overAge'] : [])];
  const { limit, from } = parsePage(query, list);
  const app = await visibleApp(call);
  const keys = keysBySortKey(app).filter(({ key }) => !lifetime || isOverAge(key, deadline.now(), lifetime));
  const total = keys.length;
  const rest = keys.filter(({ sortKey }) => sortKey > (from?.after ?? ''));
  const page = rest.slice(0, limit);
  const last = rest.length > limit ? page.at(-1) : undefined;
  const uses = await lastUsesOf(
    call.table,
    app.appId,
    page.map(({ handle }) => handle),
    deadline,
  );
  const items = page.map(({ handle, key }) => formatApiKey(handle, key, app, settings.partition, uses.get(handle)));
  const pageToken = last && { pageToken: formatPageToken({ after: last.sortKey, total }, list) };
  return { status: 200, body: { limit: items.length, total, items, ...pageToken } };
});
