import { deleteApiKeys } from '../lib/contract/routes.ts';
import { deleteAllKeys } from '../lib/domain/keys-of-app.ts';
import { endpoint } from '../lib/service/http/endpoint.ts';
import { revokedReply } from '../lib/service/http/replies.ts';
import { change } from '../lib/service/use-cases/change.ts';

/** `DELETE /apps/{app}/apiKeys` */
export const handler = endpoint(deleteApiKeys, async (call) => {
  const { rev } = await change(call, deleteAllKeys);
  return revokedReply(call, { rev: String(rev) });
});
