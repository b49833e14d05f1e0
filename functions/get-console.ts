import { page } from 'page:console';
import { getConsole } from '../lib/contract/routes.ts';
import { publicEndpoint } from '../lib/service/http/endpoint.ts';
import { webPageReply } from '../lib/service/http/web-page.ts';
import { start } from '../lib/service/service.ts';

const places = start(({ keys }) => keys.maxPerApp) ?? 2;
const settled = { ...page, html: page.html.replace('data-places="2"', `data-places="${places}"`) };

/** `GET /console`, and its files */
export const handler = publicEndpoint(getConsole, async ({ event }) => webPageReply(settled, event));
