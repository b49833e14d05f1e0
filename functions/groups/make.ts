import { group } from '../../lib/service/http/group.ts';
import { handler as generateApiKey } from '../generate-api-key.ts';
import { handler as rotateApiKey } from '../rotate-api-key.ts';

/** What generates API keys. These operations alone may use the service key. */
export const handler = group(generateApiKey, rotateApiKey);
