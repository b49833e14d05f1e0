import { updateApp as validate } from '../lib/contract/generated/validators.js';
import { updateApp } from '../lib/contract/routes.ts';
import { type AppPatch, patchApp } from '../lib/domain/app.ts';
import { parseReferrers } from '../lib/domain/restrictions.ts';
import { endAfterAppPatch } from '../lib/domain/taken-away.ts';
import { type Call, endpoint } from '../lib/service/http/endpoint.ts';
import { appReply, withEnd } from '../lib/service/http/replies.ts';
import { changeFrom } from '../lib/service/use-cases/change.ts';

/** `PATCH /apps/{app}` */
export const handler = endpoint(
  updateApp,
  async (call: Call<AppPatch>) => {
    const { referrers = [], scopes } = call.body;
    parseReferrers(referrers);
    const needed = scopes === undefined ? 'write' : 'manage';
    const changed = await changeFrom(call, (found) => patchApp(found, call.body), undefined, needed);
    const reply = appReply(call, changed.after, { patch: call.body });
    return withEnd(call, reply, endAfterAppPatch(changed, call.body, call.deadline.now()));
  },
  validate,
);
