import { apiKeyAuthorizer } from '../lib/service/authorizer/authorizer.ts';

/** Lambda authorizer for any REST or HTTP API in the account. It allows requests with a valid API key. */
export const handler = apiKeyAuthorizer();
