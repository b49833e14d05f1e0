import { publicEndpoint } from '../../lib/service/http/endpoint.ts';

/** An example of an API behind the authorizer. It returns the context that the authorizer provides about the key. */
export const handler = publicEndpoint({ id: 'whoami' }, async ({ event }) => {
  const { appHrn, realm, keyHrn, scopes, correlationId } = event.requestContext.authorizer ?? {};
  return { status: 200, body: { appHrn, realm, keyHrn, scopes, correlationId } };
});
