import type { ErrorCode } from '../../lib/domain/errors.ts';

/** What docs/errors.md says of an error beyond its entry in the error table, in Markdown. */
export interface ErrorNotes {
  /** when it is answered, one sentence or more for each case */
  readonly when: readonly [string, ...string[]];
  /** what a caller may do beyond the action */
  readonly caller?: string;
  /** what the operator looks at, where it is theirs */
  readonly operator?: string;
}

/** The notes on every error. */
export const errorNotes: Readonly<Record<ErrorCode, ErrorNotes>> = {
  '400002': {
    when: [
      'The body is empty, is not JSON, is not encoded in UTF-8, or begins with a byte order mark; `cause` says which.',
    ],
    caller: 'Only `POST …/rotate` can do without a body.',
  },
  '400003': {
    when: ['A call that takes a body has no Content-Type header, or an empty one.'],
    caller: '`POST …/rotate` without a body needs none.',
  },
  '400004': {
    when: ['The Content-Type header names another media type, or another charset than UTF-8, or is there twice.'],
  },
  '400200': {
    when: [
      'A field of the body has a value that is not allowed, or is not known; `expiresAt` is not in the future.',
      'An element of a list is not allowed, or is in the list twice: `details` names it, as in `$.allowedSources[1]`.',
      'The key would get a scope that its application does not allow.',
      'The body nests deeper than 8 levels, has a field twice, or one named `__proto__`, `constructor` or `prototype`.',
      'The query has a parameter that the call does not take. The message lists the known ones.',
      '`limit`, `pageToken` or `action` in the query, the principal or the issuer in the path, or the header `Idempotency-Key` is not as it must be.',
      'A name, a description, a referrer, the principal, the issuer or the `Idempotency-Key` holds something that looks like an API key.',
      'API Gateway itself does not take the request; then there are no `details`.',
    ],
    caller:
      '`source` of each of the `details` says where: `$.expiresAt` is a field of the body, or what has that name in the path or the query. The body is looked at before the application: this is answered for one that does not exist, too.',
  },
  '400201': {
    when: [
      'The body lacks a field that the call needs; the `details` name whatever else is wrong with it, too.',
      'An expired key is rotated without a new `expiresAt`, which its successor cannot inherit.',
    ],
  },
  '400288': {
    when: [
      'What stands in the path in the place of `{app}`, decoded once, is no application HRN: it is encoded twice, names another kind of thing, or has a realm or an id with other characters.',
      'Its second word is not the partition of this service (`partition`, by default `here`).',
    ],
  },
  '400337': {
    when: [
      'A key is to be generated for an application with a token issuer attached: it has issuers or API keys, not both.',
    ],
    caller: '`GET /apps/{app}/issuers` lists them; `DELETE /apps/{app}/issuers/{issuer}` detaches one, with `manage`.',
  },
  '401200': {
    when: ['The request has no Authorization header, or an empty one. A token in the query or the body is none.'],
  },
  '401300': {
    when: [
      'The Authorization header is not `Bearer` and one token, is there twice, or its token is longer than 8192 characters.',
      'The token has expired, is not valid yet, or has no `exp`. Clocks may differ by 60 seconds.',
      'Its issuer, audience, algorithm or signature is not one of `issuers`, or it names no key (`kid`) or an unknown one.',
      'Its realm is none of its issuer, or its principal, scope or permissions have another form than the service takes. A principal with invisible characters or an API key in it is rejected.',
      'An API behind the middleware of `appkeys/verifier` got no API key, or one that is not valid.',
    ],
    caller:
      '`cause` tells an expired token from others; that of the middleware speaks of an API key. More would help only who tries keys.',
    operator:
      '`why` in the access line has the true reason, such as a claim by name. Many from one issuer after a change there: compare `issuers` and `claims` with its tokens. The result of an API key is in the `verification` line. Each refused token is an audit line.',
  },
  '403403': {
    when: [
      'The caller may see the application, but lacks the right that the call needs: `write` or `manage`.',
      'The token lacks `account:createApp` or `account:verify`, which `POST /apps` and `POST /apiKeys/verify` need.',
      'The token has a project scope.',
      'A rule in front of the service, such as a web application firewall, refuses the request.',
    ],
    caller: '`cause` says which right or permission is missing.',
    operator: 'Each is an audit line. What a rule in front refuses is in the access log of the gateway alone.',
  },
  '404404': {
    when: [
      'There is no call with this method and path; also when the method alone is wrong.',
      'A page has no file of this name.',
      '`POST /apiKeys/revoke` is switched off by the setting `revoke.enabled`.',
    ],
    caller: 'Often a `/` in an HRN was not encoded as `%2F`.',
    operator:
      'But for files of the pages API Gateway answers it: it is in the access log of the gateway alone, with `gatewayResponse`.',
  },
  '404660': {
    when: [
      'There is no application with this HRN, or it was deleted.',
      'It is of another realm than the token, or the caller has no right on it: the answer is the same, so that nobody learns what there is.',
      '`POST /apps` is repeated with its Idempotency-Key by a caller that has lost every right on the application.',
    ],
    operator: '`why` in the access line says which of these it was.',
  },
  '404666': {
    when: [
      'The application has no such key: it was deleted, rotated without an overlap some time ago, or had expired and given its place to another.',
      'What stands in the path in the place of `{apiKey}` is no key HRN of the realm. The key itself (`apiKeyId`) does not belong there.',
    ],
    caller: 'After a DELETE whose answer was lost it means that the key is deleted.',
  },
  '409303': {
    when: [
      'A key is generated, and the application has its `keys.maxPerApp` (2). A disabled key counts, an expired one until 5 seconds after.',
      'A key is rotated with an overlap, which needs a free place.',
    ],
    caller:
      'Rotating without an overlap needs no place. The list shows by `lastUsedTime` which key is in use: see [Rotating without downtime](operating.md#rotating-without-downtime).',
  },
  '409304': {
    when: [
      'The key has a successor: another request rotated it. This error is returned for as long as the old key is in the list. If the key was rotated without an overlap, the error is returned for 10 minutes, unless 50 other keys of the application were removed since. After that, the error is 404666.',
    ],
    caller:
      'If that was your own request, whose answer was lost: the successor is there, its secret is not. Rotate the successor, with an Idempotency-Key.',
  },
  '409305': {
    when: [
      'A request is repeated with its Idempotency-Key within 24 hours, and the key that it made has been deleted, rotated or replaced since.',
      'The key was removed before the answer, which had been delayed because the database did not answer.',
    ],
  },
  '409306': {
    when: [
      'The application is deactivated: none of its keys can be rotated, and none can be generated.',
      'A change would leave nobody with `manage` among its grants.',
      'A token issuer is attached to an application with API keys.',
      'It has rights for 100 principals, or 10 issuers, already.',
      '`POST /apps` is repeated with its Idempotency-Key by a caller that deleted the application, or whose token still gives a right on it.',
    ],
    caller: '`cause` and `action` say which, and what to do first.',
  },
  '413000': {
    when: ['The body is larger than 16 KB, or larger than API Gateway takes.'],
  },
  '422409': {
    when: [
      'The same caller has sent another body to the same path under this Idempotency-Key: within 24 hours, or for `POST /apps` for as long as the application exists.',
    ],
  },
  '429003': {
    when: [
      'The calling principal has made more requests than `rateLimit` allows (10 a second, 20 at once). Verifying does not count.',
      'All callers of a method together have made more than the gateway allows (`gateway.rateLimit`, `gateway.burstLimit`; for `POST /apiKeys/revoke`, `revoke.rateLimit` and `revoke.burstLimit`).',
      'An IP address has reported more API keys to `POST /apiKeys/revoke` than 10 at once and then one every 6 minutes. For IPv6, all addresses with the same first 64 bits are one.',
    ],
    caller:
      '`Retry-After` is 1 second as a rule. For reported keys, it is 6 minutes, which is the most that you have to wait: disable the key with a token instead.',
    operator:
      'Whose they are: `filter event = "access" and code = "429003" | stats count(*) by principal`. What the gateway refuses is in its own access log, as `gatewayResponse` THROTTLED, and not in `Refusals`.',
  },
  '500000': {
    when: [
      'A defect, or something that trying again does not mend: the table is gone, the role lacks a right.',
      'A request is repeated with its Idempotency-Key after the KMS key was replaced: see [Upgrades](operating.md#upgrades-and-compatibility).',
    ],
    caller: 'Whether a change was made is not said: look, before you repeat it.',
    operator:
      'The line `"event":"failure"` with this `errorId` has the stack. Where there is none, the gateway has answered in the place of a function that failed to: the logs of both have why.',
  },
  '503000': {
    when: [
      'DynamoDB or KMS did not answer within the 8 seconds of a request, or says that it is busy. `cause` says whether nothing was changed or that is not known.',
      'The keys of the token issuer could not be fetched, or were fetched but cannot be used.',
      'A setting is missing or wrong, and the function refuses every request.',
      'The function took too long, or gave the gateway no answer; the request may have been carried out.',
      'An API behind the middleware of `appkeys/verifier` cannot ask the database: nobody is let in.',
    ],
    caller:
      'With an Idempotency-Key a creation can be repeated as it is. Enabling, disabling, deleting and the like can be repeated anyhow.',
    operator:
      '`why` in the access line has the error of the database, of KMS or of the issuer. A setting is named once, when the function starts, in a line `"event":"start"`. What the gateway answers in place of a function is in its own access log alone.',
  },
};
