import { updateApp as validate } from '../lib/contract/generated/validators.js';
import { updateApp } from '../lib/contract/routes.ts';
import { type AppPatch, patchApp } from '../lib/domain/app.ts';
import { parseReferrers } from '../lib/domain/restrictions.ts';
import { type Call, endpoint } from '../lib/service/http/endpoint.ts';
import { appReply } from '../lib/service/http/replies.ts';
import { change } from '../lib/service/use-cases/change.ts';

/** `PATCH /apps/{app}` */
export const handler = endpoint(
  updateApp,
  async (call: Call<AppPatch>) => {
    const { referrers = [], scopes } = call.body;
    parseReferrers(referrers);
    const needed = scopes === undefined ? 'write' : 'manage';
    const app = await change(call, (found) => patchApp(found, call.body), undefined, needed);
    return appReply(call, app, { patch: call.body });
  },
  validate,
);
