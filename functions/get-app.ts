import { getApp } from '../lib/contract/routes.ts';
import { formatApp } from '../lib/domain/app.ts';
import { formatLifetime } from '../lib/domain/lifetime.ts';
import { callerRightsOn, rightsOf } from '../lib/domain/policy.ts';
import { endpoint } from '../lib/service/http/endpoint.ts';
import { appReply } from '../lib/service/http/replies.ts';
import { lifetimeOf } from '../lib/service/settings.ts';
import { visibleApp } from '../lib/service/use-cases/visible-app.ts';

/** `GET /apps/{app}` */
export const handler = endpoint(getApp, async (call) => {
  const { caller, settings } = call;
  const app = await visibleApp(call);
  const rights = rightsOf(app, callerRightsOn(app, caller, settings.partition));
  const keyLifetime = formatLifetime(lifetimeOf(settings, app.realm));
  return { ...appReply(call, app), body: { ...formatApp(app, settings.partition), rights, keyLifetime } };
});
