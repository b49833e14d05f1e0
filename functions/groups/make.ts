import { group } from '../../lib/service/http/group.ts';
import { handler as generateApiKey } from '../generate-api-key.ts';
import { handler as rotateApiKey } from '../rotate-api-key.ts';

/** Operations that generate API keys. Only these operations can use the service key. */
export const handler = group(generateApiKey, rotateApiKey);
