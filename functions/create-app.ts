import { createApp as validate } from '../lib/contract/generated/validators.js';
import { createApp } from '../lib/contract/routes.ts';
import type { AppInput } from '../lib/domain/app.ts';
import { requirePermission } from '../lib/domain/policy.ts';
import { parseReferrers } from '../lib/domain/restrictions.ts';
import { type Call, endpoint } from '../lib/service/http/endpoint.ts';
import { appReply } from '../lib/service/http/replies.ts';
import { create } from '../lib/service/use-cases/create.ts';

/** `POST /apps` */
export const handler = endpoint(
  createApp,
  async (call: Call<AppInput>) => {
    parseReferrers(call.body.referrers ?? []);
    requirePermission(call.caller, 'createApp');
    const { app, isReplayed } = await create(call, call.body);
    return appReply(call, app, { isReplayed });
  },
  validate,
);
