import fc from 'fast-check';
import { type Operation, operations } from '../../../lib/contract/operations.ts';
import { http1Request, http2Request, restRequest } from '../../support/authorizer-events.ts';
import type { OperationId } from '../../support/events.ts';
import { type BodyPlan, bodyFor, needlessBody } from './bodies.ts';
import { type HeadersPlan, headers } from './headers.ts';
import { type Edit, edits } from './mangling.ts';
import { type SegmentPlan, segment } from './paths.ts';
import { authorization, type TokenPlan, token } from './tokens.ts';
import { anyJson, anyText, mostly } from './values.ts';
import { type AppName, appNames } from './world.ts';

/** Which application and which of its keys a request is about. */
interface About {
  readonly app: AppName;
  readonly nth: 0 | 1;
  /** what is no longer an event as a gateway makes it */
  readonly edits: readonly Edit[];
}

/** A call through a gateway: of a REST API, or of an HTTP API with payload 2.0. */
export interface CallPlan extends About {
  readonly kind: 'call';
  readonly target: OperationId;
  readonly gateway: 'rest' | 'http2';
  readonly token: TokenPlan;
  readonly authorization: string;
  readonly path: Readonly<Record<string, SegmentPlan>>;
  readonly query: Readonly<Record<string, string | readonly string[]>>;
  readonly headers: HeadersPlan;
  readonly body: BodyPlan;
  /** sent after it, with this other body */
  readonly again: BodyPlan | undefined;
}

/** A direct invocation; its payload is the body, parsed. */
export interface InvocationPlan extends About {
  readonly kind: 'invocation';
  readonly target: OperationId;
  readonly body: BodyPlan;
}

/** A request to a gateway that asks the authorizer; `{{key}}` stands for a key. */
export interface AuthorizerPlan extends About {
  readonly kind: 'authorizer';
  readonly target: 'authorizeApiKey';
  readonly gateway: keyof typeof authorizerEvents;
  readonly presented: readonly (readonly [place: string, value: string])[];
  readonly identitySource: readonly string[] | null;
  readonly headers: HeadersPlan;
}

export type Plan = CallPlan | InvocationPlan | AuthorizerPlan;
export type Target = Plan['target'];

export const authorizerEvents = { rest: restRequest, http1: http1Request, http2: http2Request };

const about = {
  app: fc.constantFrom<AppName>('one', 'one', 'one', 'none', ...appNames),
  nth: mostly(fc.constant<0 | 1>(0), fc.constant<0 | 1>(1)),
};

const query = fc.dictionary(
  fc.oneof(fc.constantFrom('limit', 'pageToken', 'action', 'apiKey', 'access_token', '__proto__'), anyText),
  fc.oneof(
    fc.constantFrom(
      '1',
      '100',
      '0',
      'write',
      '101',
      '1e2',
      '01',
      '-1',
      '٣',
      'MDAwMDAwMDAwMDAwMDAwMSNvbmU.AAAAAAAAAAAAAAAA',
    ),
    anyText,
    fc.array(anyText, { maxLength: 2 }),
    anyJson.map((value) => value as string),
  ),
  { maxKeys: 2 },
);

/** With an Idempotency-Key of few, so that some come again. */
const repeatableHeaders = fc
  .tuple(headers, fc.constantFrom('order-1', 'order-2', 'order-3'))
  .map(([plan, key]) => ({ ...plan, more: [['Idempotency-Key', key] as const, ...plan.more] }));

function callOf(target: OperationId, operation: Operation): fc.Arbitrary<CallPlan> {
  const { path = '', body, isBodyOptional, query: known, isRepeatable } = operation;
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
  const bodies = body ? bodyFor(body) : needlessBody;
  return fc.record({
    kind: fc.constant('call'),
    target: fc.constant(target),
    ...about,
    gateway: mostly(fc.constant('rest'), fc.constant('http2'), 12),
    token,
    authorization,
    path: fc.record(Object.fromEntries(names.map((name) => [name, segment]))),
    query: mostly(fc.constant({}), query, known ? 2 : 12),
    headers: isRepeatable ? mostly<HeadersPlan>(headers, repeatableHeaders, 2) : headers,
    body: isBodyOptional ? mostly(bodies, needlessBody, 3) : bodies,
    again: mostly<BodyPlan | undefined>(fc.constant(undefined), bodies, isRepeatable ? 3 : 12),
    edits: edits(16),
  });
}

function invocationOf(target: OperationId, { body = {} }: Operation): fc.Arbitrary<InvocationPlan> {
  return fc.record({
    kind: fc.constant('invocation'),
    target: fc.constant(target),
    ...about,
    body: bodyFor(body),
    edits: edits(8),
  });
}

const presentedText = mostly(
  fc.constant('{{key}}'),
  fc.oneof(
    fc.constantFrom(
      ' {{key}} ',
      '{{key}}x',
      'x{{key}}',
      '{{key}},{{key}}',
      '{{key}}\r\nX: 1',
      '{{key}}\0',
      'ak_one_{{key}}',
      'ak_one_0000000000000000000000000000000000000000000AAAAAA',
      'ak_one_',
    ),
    anyText,
  ),
  3,
);

const presented = fc.oneof(
  fc.tuple(fc.constantFrom('query', 'x-api-key', 'X-Api-Key'), presentedText),
  fc.tuple(
    fc.constantFrom('Authorization', 'authorization'),
    fc
      .tuple(
        mostly(fc.constantFrom('Bearer ', 'ApiKey ', 'bearer  '), fc.oneof(fc.constantFrom('', 'Basic '), anyText)),
        presentedText,
      )
      .map((parts) => parts.join('')),
  ),
);

const authorizerPlan: fc.Arbitrary<AuthorizerPlan> = fc.record({
  kind: fc.constant('authorizer'),
  target: fc.constant('authorizeApiKey'),
  ...about,
  gateway: fc.constantFrom('rest', 'http1', 'http2'),
  presented: mostly(
    presented.map((one) => [one]),
    fc.array(presented, { maxLength: 3 }),
    4,
  ),
  identitySource: mostly(fc.constant(null), fc.array(fc.oneof(fc.constant('{{key}}'), anyText), { maxLength: 2 })),
  headers,
  edits: edits(2),
});

/** Requests by what they ask for: every operation of the contract but the pages for people, and the authorizer. */
export const plans: Readonly<Record<Target, fc.Arbitrary<Plan>>> = {
  ...(Object.fromEntries(
    Object.entries(operations).flatMap(([id, operation]: [string, Operation]) => {
      const target = id as OperationId;
      if (operation.isPage) return [];
      return [[target, operation.path ? callOf(target, operation) : invocationOf(target, operation)]];
    }),
  ) as Record<OperationId, fc.Arbitrary<Plan>>),
  authorizeApiKey: authorizerPlan,
};

/** As many authorizer events as requests for four calls. */
const authorizerWeight = 4;

/** A request for anything that the service does. */
export const anyPlan: fc.Arbitrary<Plan> = fc.oneof(
  ...Object.entries(plans).map(([target, arbitrary]) => {
    return { weight: target === 'authorizeApiKey' ? authorizerWeight : 1, arbitrary };
  }),
);
