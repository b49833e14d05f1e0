import { openapiDocument } from '../lib/contract/openapi.ts';
import { getOpenapi } from '../lib/contract/routes.ts';
import { publicEndpoint } from '../lib/http/endpoint.ts';

const document = openapiDocument();

/** `GET /openapi.json` */
export const handler = publicEndpoint(getOpenapi, async () => ({ status: 200, body: document }));
