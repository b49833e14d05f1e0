import { getApp } from '../lib/contract/routes.ts';
import { endpoint } from '../lib/service/http/endpoint.ts';
import { appReply } from '../lib/service/http/replies.ts';
import { visibleApp } from '../lib/service/use-cases/visible-app.ts';

/** `GET /apps/{app}` */
export const handler = endpoint(getApp, async (call) => appReply(call, await visibleApp(call)));
