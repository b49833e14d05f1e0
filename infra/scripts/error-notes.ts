import type { ErrorCode } from '../../lib/domain/errors.ts';

/** What docs/errors.md says about an error beyond its entry in the error table, in Markdown. */
export interface ErrorNotes {
  /** when it is returned, one sentence or more for each case */
  readonly when: readonly [string, ...string[]];
  /** what a caller can do beyond the action */
  readonly caller?: string;
  /** where the operator looks, if the operator can do something */
  readonly operator?: string;
}

/** The notes on every error. */
export const errorNotes: Readonly<Record<ErrorCode, ErrorNotes>> = {
  '400002': {
    when: [
      'The body is empty, is not JSON, is not encoded in UTF-8, or begins with a byte order mark. `cause` says which.',
    ],
    caller: 'Only `POST …/rotate` works without a body.',
  },
  '400003': {
    when: ['A call that takes a body has no Content-Type header, or an empty one.'],
    caller: '`POST …/rotate` without a body needs no header.',
  },
  '400004': {
    when: ['The Content-Type header names another media type, or a charset other than UTF-8, or is sent twice.'],
  },
  '400200': {
    when: [
      'A field of the body is unknown, or has a value that is not allowed. For example, `expiresAt` is not in the future.',
      'An element of a list is not allowed, or is in the list twice. `details` names it, as in `$.allowedSources[1]`.',
      'The key would get a scope that its application does not allow.',
      'The body nests deeper than 8 levels, has a field twice, or has a field named `__proto__`, `constructor` or `prototype`.',
      'The query has a parameter that the call does not take. The message lists the known ones.',
      'One of these is not valid: `limit`, `pageToken` or `action` in the query, the principal or the issuer in the path, or the header `Idempotency-Key`.',
      'A name, description, referrer, principal, issuer or `Idempotency-Key` contains something like an API key.',
      'API Gateway itself rejects the request. Then there are no `details`.',
    ],
    caller:
      'The `source` of each detail says where. For example, `$.expiresAt` is a field of the body, or a part of the path or the query with that name. The service checks the body before the application. So you can get this error for an application that does not exist.',
  },
  '400201': {
    when: [
      'The body lacks a field that the call needs. `details` also names all other errors of the body.',
      'An expired key is rotated without a new `expiresAt`. The successor cannot inherit an `expiresAt` in the past.',
    ],
  },
  '400288': {
    when: [
      'The `{app}` part of the path, decoded once, is not an application HRN. It is encoded twice, names a different type of resource, or has a realm or an ID with invalid characters.',
      'The second word of the HRN is not the partition of this service (`partition`, by default `here`).',
    ],
  },
  '400337': {
    when: [
      'A key is generated for an application with a token issuer. An application has issuers or API keys, but not both.',
    ],
    caller:
      'To list the issuers, call `GET /apps/{app}/issuers`. To detach one, call `DELETE /apps/{app}/issuers/{issuer}` with `manage`.',
  },
  '401200': {
    when: [
      'The request has no Authorization header, or an empty one. A token in the query or the body does not count.',
    ],
  },
  '401300': {
    when: [
      'The Authorization header is not `Bearer` and one token, or is sent twice. Or its token is longer than 8192 characters.',
      'The token has expired, is not valid yet, or has no `exp`. Clocks can differ by 60 seconds.',
      'The issuer, audience, algorithm or signature of the token does not fit `issuers`. Or the token has no key ID (`kid`), or an unknown one.',
      'The realm of the token does not belong to its issuer. Or its principal, scope or permissions have an unknown form. A principal with invisible characters or an API key in it is rejected.',
      'An API behind the middleware of `appkeys/verifier` got no API key, or an invalid one.',
    ],
    caller:
      'The `cause` says whether the token has expired. From the middleware, `cause` is about an API key. More detail would only help somebody who is guessing keys.',
    operator:
      '`why` in the access line has the true reason, such as the name of a claim. If there are many from one issuer after a change there, compare `issuers` and `claims` with its tokens. The result of an API key is in the `verification` line. Each rejected token is an audit line.',
  },
  '403403': {
    when: [
      'The caller can see the application, but lacks the right that the call needs: `write` or `manage`.',
      'The token lacks `account:createApp` or `account:verify`, which `POST /apps` and `POST /apiKeys/verify` need.',
      'The token has a project scope.',
      'A rule in front of the service, such as a web application firewall, rejects the request.',
    ],
    caller: 'The `cause` says which right or permission is missing.',
    operator: 'Each is an audit line. If a rule in front rejects a request, only the access log of the gateway has it.',
  },
  '404404': {
    when: [
      'No call has this method and path. You also get this error if only the method is wrong.',
      'A page has no file of this name.',
      'The setting `revoke.enabled` switches `POST /apiKeys/revoke` off.',
    ],
    caller: 'A common reason is a `/` in an HRN that is not encoded as `%2F`.',
    operator:
      'Except for files of the pages, API Gateway returns this error. So only the access log of the gateway has it, with `gatewayResponse`.',
  },
  '404660': {
    when: [
      'No application has this HRN, or it was deleted.',
      'The application is in another realm than the token, or the caller has no right on it. The response is the same, so that it does not reveal which applications exist.',
      'A caller repeats `POST /apps` with its Idempotency-Key after it lost every right on the application.',
    ],
    operator: '`why` in the access line says which case it was.',
  },
  '404666': {
    when: [
      'The application has no such key. It was deleted, rotated without an overlap some time ago, or replaced after it expired.',
      'The `{apiKey}` part of the path is not a key HRN of the realm. The secret (`apiKeyId`) does not belong there.',
    ],
    caller: 'After a DELETE whose response was lost, this error means that the key is deleted.',
  },
  '409303': {
    when: [
      'A key is generated, and the application has reached its key limit (`keys.maxPerApp`, 2). A disabled key counts. An expired key counts until 5 seconds after its expiry.',
      'A key is rotated with an overlap, which needs a free slot.',
    ],
    caller:
      'Rotating without an overlap needs no free slot. `lastUsedTime` in the list shows which key is in use: see [Rotation](rotation.md#by-hand-without-downtime).',
  },
  '409304': {
    when: [
      'Another request rotated the key, so the key has a successor. This error is returned for as long as the old key is in the list. After a rotation without an overlap, it is returned for 10 minutes, unless 50 other keys of the application were removed in the meantime. After that, the error is 404666.',
    ],
    caller:
      'If your own request did it and the response was lost, the successor exists but its secret is lost. Rotate the successor, with an Idempotency-Key.',
  },
  '409305': {
    when: [
      'A request is repeated with its Idempotency-Key within 24 hours. The key that it generated was deleted, rotated or replaced in the meantime.',
      'The key was removed before the response, which was late because the database did not respond.',
    ],
  },
  '409306': {
    when: [
      'The application is deactivated, so its keys cannot be rotated and no key can be generated.',
      'After the change, no grant would have `manage`.',
      'A token issuer is attached to an application with API keys.',
      'The application already has grants for 100 principals, or 10 issuers.',
      '`POST /apps` is repeated with its Idempotency-Key, and the application was deleted. The caller deleted it, or its token still gives a right on it.',
    ],
    caller: 'The `cause` and the `action` say which case it is, and what to do first.',
  },
  '413000': {
    when: ['The body is larger than 16 KB, or than API Gateway accepts.'],
  },
  '422409': {
    when: [
      'The same caller sent a different body to the same path under this Idempotency-Key within 24 hours. For `POST /apps`, this holds for as long as the application exists.',
    ],
  },
  '429003': {
    when: [
      'The calling principal has made more requests than `rateLimit` allows (10 a second, 20 at once). Verifications do not count.',
      'All callers of a method together have made more than the gateway allows (`gateway.rateLimit`, `gateway.burstLimit`). For `POST /apiKeys/revoke`, the settings are `revoke.rateLimit` and `revoke.burstLimit`.',
      'An IP address has reported too many API keys to `POST /apiKeys/revoke`. See its [limit](leaks.md#anyone-who-holds-a-key-can-end-it).',
    ],
    caller:
      'The `Retry-After` is usually 1 second. For reported keys it is 6 minutes, the longest possible wait. You can disable the key with a token instead.',
    operator:
      'To find the callers: `filter event = "access" and code = "429003" | stats count(*) by principal`. If the gateway rejects requests, its own access log has them, as `gatewayResponse` THROTTLED. They are not in `Refusals`.',
  },
  '500000': {
    when: [
      'There is a defect, or a problem that a retry does not solve: the table is gone, or the role lacks a right.',
      'A request is repeated with its Idempotency-Key after the KMS key was replaced: see [Upgrades](operating.md#upgrades-and-compatibility).',
    ],
    caller: 'The response does not say whether the change was made. Check before you repeat the request.',
    operator:
      'The line `"event":"failure"` with this `errorId` has the stack. If there is no such line, the gateway responded in place of a function that failed. The logs of both then have the reason.',
  },
  '503000': {
    when: [
      'DynamoDB or KMS is busy, or did not respond within the 8 seconds of a request. `cause` says whether nothing was changed, or that this is not known.',
      'The keys of the token issuer could not be fetched or used.',
      'A setting is missing or wrong, so the function rejects every request.',
      'The function took too long, or gave the gateway no response. The request may have been carried out.',
      'An API behind the middleware of `appkeys/verifier` could not reach the database, so it rejects the request.',
    ],
    caller:
      'You can repeat a creation if it has an Idempotency-Key. You can always repeat other changes, such as enable, disable and delete.',
    operator:
      '`why` in the access line has the error of the database, of KMS or of the issuer. A line `"event":"start"` names a wrong setting once, when the function starts. If the gateway responds in place of a function, only its own access log has the request.',
  },
};
