import { putIssuer } from '../lib/contract/routes.ts';
import { attachIssuer } from '../lib/domain/issuers.ts';
import { endpoint } from '../lib/service/http/endpoint.ts';
import { issuerInPath } from '../lib/service/http/path.ts';
import { change } from '../lib/service/use-cases/change.ts';

/** `PUT /apps/{app}/issuers/{issuer}` */
export const handler = endpoint(putIssuer, async (call) => {
  const issuer = issuerInPath(call);
  await change(call, (app, made) => attachIssuer(app, issuer, made));
  return { status: 204, logged: { issuer } };
});
