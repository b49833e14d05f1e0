import { deleteIssuer } from '../lib/contract/routes.ts';
import { detachIssuer } from '../lib/domain/issuers.ts';
import { endpoint } from '../lib/service/http/endpoint.ts';
import { issuerInPath } from '../lib/service/http/path.ts';
import { change } from '../lib/service/use-cases/change.ts';

/** `DELETE /apps/{app}/issuers/{issuer}` */
export const handler = endpoint(deleteIssuer, async (call) => {
  const issuer = issuerInPath(call);
  await change(call, (app) => detachIssuer(app, issuer));
  return { status: 204, logged: { issuer } };
});
