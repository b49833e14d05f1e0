import { updateApp as validate } from '../lib/contract/generated/validators.js';
import { updateApp } from '../lib/contract/routes.ts';
import { patchApp } from '../lib/domain/app.ts';
import { endpoint } from '../lib/http/endpoint.ts';
import { appReply } from '../lib/http/replies.ts';
import { change } from '../lib/use-cases/change.ts';

/** `PATCH /apps/{app}` */
export const handler = endpoint(
  updateApp,
  async (call) => appReply(call, await change(call, (app) => patchApp(app, call.body))),
  validate,
);
