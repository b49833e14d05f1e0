import { apiKeyAuthorizer } from '../lib/service/authorizer/authorizer.ts';

/** Lambda authorizer of any REST or HTTP API in the account: lets in who has a valid API key. */
export const handler = apiKeyAuthorizer();
