/** What a reader of the OpenAPI document has to know first, in Markdown. */
export const introduction = `API keys for applications, at most two each: a small service for your own AWS account.

## Tokens

A call needs an access token in the header \`Authorization: Bearer …\`. Your identity provider issues the token. The token names the principal and its realm. The principal has the permissions in the token and the grants of each application: \`read\`, \`write\` or \`manage\`. An API key is not an access token. Your own APIs accept API keys.

## IDs

- An application, an API key and a realm have an HRN: \`hrn:here:account::myrealm:app/lACE8kgYxsahjbXnvy8w\`. In a path, percent-encode an HRN once.
- \`apiKeyId\` is the secret value of an API key. Only the response that creates the key shows it. \`apiKey\` is the HRN of the key, and not secret.
- Each response has an \`X-Correlation-ID\`. The service uses yours if you send one. Name it when you report a problem.

## Errors

Every error has the same body. \`code\` has six digits, and the first three are the HTTP status. \`cause\` says what was wrong, and \`action\` says what you can do. With 429 and 503, wait as many seconds as \`Retry-After\` says, then send the request again.

## Idempotency

A response can be lost. Send an \`Idempotency-Key\` with each request that creates something. For 24 hours, the same request with the same \`Idempotency-Key\` gets the same response, and creates nothing twice.`;
