import { randomUUID } from 'node:crypto';
import { createApp as validate } from '../lib/contract/generated/validators.js';
import { createApp } from '../lib/contract/operations.ts';
import { formatApp, newApp, newAppId } from '../lib/domain/app.ts';
import { requirePermission } from '../lib/domain/policy.ts';
import { endpoint } from '../lib/http/endpoint.ts';
import { createApp as store } from '../lib/store/create-app.ts';

/** `POST /apps` */
export const handler = endpoint(
  createApp,
  async ({ caller, body, settings, table, deadline, correlationId }) => {
    requirePermission(caller, 'createApp');
    const made = { appId: newAppId(), realm: caller.realm, owner: caller.principal, op: randomUUID(), correlationId };
    const app = await store(table, newApp({ ...made, ...body, now: deadline.now() }), deadline);
    return { status: 200, body: formatApp(app, settings.partition), logged: { app: app.appId } };
  },
  validate,
);
