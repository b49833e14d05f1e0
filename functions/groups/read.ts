import { group } from '../../lib/service/http/group.ts';
import { handler as getApiKey } from '../get-api-key.ts';
import { handler as getApp } from '../get-app.ts';
import { handler as listApiKeys } from '../list-api-keys.ts';
import { handler as listApps } from '../list-apps.ts';
import { handler as listGrants } from '../list-grants.ts';
import { handler as listIssuers } from '../list-issuers.ts';

/** Operations that only read. */
export const handler = group(getApiKey, getApp, listApiKeys, listApps, listGrants, listIssuers);
