import { page } from 'page:console';
import { getConsole } from '../lib/contract/routes.ts';
import { publicEndpoint } from '../lib/service/http/endpoint.ts';
import { withData, withKeyLimit, withSignIn } from '../lib/service/http/sign-in.ts';
import { webPageReply } from '../lib/service/http/web-page.ts';
import { start } from '../lib/service/service.ts';
import type { Settings } from '../lib/service/settings.ts';

const settings = start((found: Settings) => found);
const { exampleUrl = '' } = settings?.console ?? {};
const sized = withKeyLimit(page, settings).html.replace(
  'data-last-used="3600"',
  `data-last-used="${settings?.verify.lastUsedSeconds ?? 3600}"`,
);
const html = exampleUrl === '' ? sized : withData(sized, 'example-url', exampleUrl);
const complete = withSignIn({ ...page, html }, settings?.console);

/** `GET /console` and the files of the page */
export const handler = publicEndpoint(getConsole, async ({ event }) => webPageReply(complete, event));
