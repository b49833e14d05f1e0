import { openapiDocument, serversAt } from '../lib/contract/openapi.ts';
import { getOpenapi } from '../lib/contract/routes.ts';
import { baseUrlOf } from '../lib/service/http/base-url.ts';
import { publicEndpoint } from '../lib/service/http/endpoint.ts';
import { forAMinute } from '../lib/service/http/web-page.ts';

/** Built at the first request, so that the pages in the same function need not wait for it. */
let document: ReturnType<typeof openapiDocument> | undefined;

/** `GET /openapi.json` */
export const handler = publicEndpoint(getOpenapi, async (exchange) => {
  document ??= openapiDocument();
  const servers = serversAt(baseUrlOf(exchange) ?? '/');
  return { status: 200, body: { ...document, servers }, headers: { 'Cache-Control': forAMinute } };
});
