import { page } from 'page:docs';
import { getDocs } from '../lib/contract/routes.ts';
import { publicEndpoint } from '../lib/service/http/endpoint.ts';
import { withKeyLimit, withSignIn } from '../lib/service/http/sign-in.ts';
import { webPageReply } from '../lib/service/http/web-page.ts';
import { start } from '../lib/service/service.ts';
import type { Settings } from '../lib/service/settings.ts';

const settings = start((found: Settings) => found);
const complete = withSignIn(withKeyLimit(page, settings), settings?.console);

/** `GET /docs` and the files of the page */
export const handler = publicEndpoint(getDocs, async ({ event }) => webPageReply(complete, event));
