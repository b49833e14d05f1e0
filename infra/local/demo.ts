import { publicEndpoint } from '../../lib/service/http/endpoint.ts';
import { openLocalFolder } from './folders.ts';
import { defaultValiditySeconds, openSigningKey, signToken } from './issuer.ts';

const demo = {
  principal: 'demo',
  realm: 'myrealm',
  permissions: ['account:createApp', 'account:verify'],
  expiresInSeconds: defaultValiditySeconds,
};

/** `GET /demo/{page}`: opens a page with a token filled in. What stands after the # never reaches a server. */
export const handler = publicEndpoint({ id: 'demo' }, async ({ event }) => {
  const page = event.pathParameters?.page === 'console' ? 'console' : 'docs';
  const token = await signToken(await openSigningKey(openLocalFolder()), demo);
  return { status: 302, headers: { Location: `/${page}#token=${token}` } };
});
