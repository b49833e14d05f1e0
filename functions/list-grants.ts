import { listGrants } from '../lib/contract/routes.ts';
import { endpoint } from '../lib/service/http/endpoint.ts';
import { visibleApp } from '../lib/service/use-cases/visible-app.ts';

/** `GET /apps/{app}/grants` */
export const handler = endpoint(listGrants, async (call) => {
  const { grants } = await visibleApp(call);
  const items = Object.entries(grants).map(([principal, actions]) => ({ principal, actions }));
  return { status: 200, body: { total: items.length, items } };
});
