import { group } from '../../lib/service/http/group.ts';
import { handler as createApp } from '../create-app.ts';
import { handler as deleteApp } from '../delete-app.ts';
import { handler as deleteGrant } from '../delete-grant.ts';
import { handler as putGrant } from '../put-grant.ts';

/** What creates and deletes applications, and what changes who can list them. */
export const handler = group(createApp, deleteApp, deleteGrant, putGrant);
