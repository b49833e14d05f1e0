import { page } from 'page:docs';
import { getDocs } from '../lib/contract/routes.ts';
import { publicEndpoint } from '../lib/service/http/endpoint.ts';
import { webPageReply } from '../lib/service/http/web-page.ts';

/** `GET /docs`, and its files */
export const handler = publicEndpoint(getDocs, async ({ event }) => webPageReply(page, event));
