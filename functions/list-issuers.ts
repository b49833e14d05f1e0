import { listIssuers } from '../lib/contract/routes.ts';
import { endpoint } from '../lib/service/http/endpoint.ts';
import { visibleApp } from '../lib/service/use-cases/visible-app.ts';

/** `GET /apps/{app}/issuers` */
export const handler = endpoint(listIssuers, async (call) => {
  const { issuers } = await visibleApp(call);
  return { status: 200, body: { total: issuers.length, items: issuers } };
});
