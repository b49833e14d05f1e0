import { openapiDocument, serversAt } from '../lib/contract/openapi.ts';
import { getOpenapi } from '../lib/contract/routes.ts';
import { baseUrlOf } from '../lib/http/base-url.ts';
import { publicEndpoint } from '../lib/http/endpoint.ts';

const document = openapiDocument();

/** `GET /openapi.json` */
export const handler = publicEndpoint(getOpenapi, async (exchange) => ({
  status: 200,
  body: { ...document, servers: serversAt(baseUrlOf(exchange) ?? '/') },
}));
