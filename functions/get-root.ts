import { getRoot } from '../lib/contract/routes.ts';
import { publicEndpoint } from '../lib/service/http/endpoint.ts';
import { docsLocation, forAMinute } from '../lib/service/http/web-page.ts';

/** `GET /` */
export const handler = publicEndpoint(getRoot, async ({ event }) => ({
  status: 302,
  headers: { Location: docsLocation(event), 'Cache-Control': forAMinute },
}));
