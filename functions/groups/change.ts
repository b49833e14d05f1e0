import { group } from '../../lib/service/http/group.ts';
import { handler as deleteApiKey } from '../delete-api-key.ts';
import { handler as deleteApiKeys } from '../delete-api-keys.ts';
import { handler as deleteIssuer } from '../delete-issuer.ts';
import { handler as disableApiKey } from '../disable-api-key.ts';
import { handler as enableApiKey } from '../enable-api-key.ts';
import { handler as putIssuer } from '../put-issuer.ts';
import { handler as revokeApiKey } from '../revoke-api-key.ts';
import { handler as updateApiKey } from '../update-api-key.ts';
import { handler as updateApp } from '../update-app.ts';

/** Operations that change an application or its API keys, but generate no key. */
export const handler = group(
  deleteApiKey,
  deleteApiKeys,
  deleteIssuer,
  disableApiKey,
  enableApiKey,
  putIssuer,
  revokeApiKey,
  updateApiKey,
  updateApp,
);
