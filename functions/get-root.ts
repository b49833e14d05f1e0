import { getRoot } from '../lib/contract/routes.ts';
import { publicEndpoint } from '../lib/http/endpoint.ts';
import { docsLocation } from '../lib/http/web-page.ts';

/** `GET /` */
export const handler = publicEndpoint(getRoot, async ({ event }) => ({
  status: 302,
  headers: { Location: docsLocation(event) },
}));
