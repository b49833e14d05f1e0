import { page } from 'page:console';
import { readMaxKeysPerApp } from '../lib/config.ts';
import { getConsole } from '../lib/contract/routes.ts';
import { publicEndpoint } from '../lib/http/endpoint.ts';
import { webPageReply } from '../lib/http/web-page.ts';
import { start } from '../lib/service.ts';

const places = start(readMaxKeysPerApp) ?? 2;
const settled = { ...page, html: page.html.replace('data-places="2"', `data-places="${places}"`) };

/** `GET /console`, and its files */
export const handler = publicEndpoint(getConsole, async ({ event }) => webPageReply(settled, event));
