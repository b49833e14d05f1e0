import { group } from '../../lib/service/http/group.ts';
import { handler as createApp } from '../create-app.ts';
import { handler as deleteApp } from '../delete-app.ts';
import { handler as deleteGrant } from '../delete-grant.ts';
import { handler as putGrant } from '../put-grant.ts';

/** Operations that create and delete applications, or change which principals can list them. */
export const handler = group(createApp, deleteApp, deleteGrant, putGrant);
