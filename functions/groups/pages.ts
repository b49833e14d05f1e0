import { group } from '../../lib/service/http/group.ts';
import { handler as getConsole } from '../get-console.ts';
import { handler as getDocs } from '../get-docs.ts';
import { handler as getOpenapi } from '../get-openapi.ts';
import { handler as getRoot } from '../get-root.ts';

/** Pages that anybody can read. Their function has no permissions for any data. */
export const handler = group(getConsole, getDocs, getOpenapi, getRoot);
