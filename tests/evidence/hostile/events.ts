import { type Operation, operations } from '../../../lib/contract/operations.ts';
import { restEvent } from '../../support/events.ts';
import { type BodyPlan, bodyOf } from './bodies.ts';
import { headersFrom, keepMaps } from './headers.ts';
import { segmentOf } from './paths.ts';
import { type AuthorizerPlan, authorizerEvents, type CallPlan, type InvocationPlan, type Plan } from './requests.ts';
import { apiKeyIdOf, appHrnOf, keyHrnOf } from './world.ts';

let calls = 0;

/** @returns the event of the gateway for a call, with that body; each is from an address of its own, for there is a limit */
export function eventOf(plan: CallPlan, body: BodyPlan, token: string): object {
  const values: Record<string, string> = {
    app: appHrnOf(plan.app),
    apiKey: keyHrnOf(plan.app, plan.nth),
    principal: 'writer',
    issuer: 'https://idp.example',
  };
  const path = Object.entries(plan.path).map(([name, segment]) => [name, segmentOf(segment, values[name] ?? 'x')]);
  const isTyped = (operations[plan.target] as Operation).body !== undefined;
  const usual = {
    Authorization: plan.authorization.replaceAll('{{token}}', () => token),
    ...(isTyped && { 'Content-Type': 'application/json' }),
  };
  calls += 1;
  const event = restEvent(plan.target, {
    source: `10.${calls >> 16}.${(calls >> 8) & 255}.${calls & 255}`,
    path: Object.fromEntries(path),
    query: plan.query,
    headers: headersFrom(usual, plan.headers, plan.gateway),
    body: bodyOf(body, (text) => filled(text, plan)),
    isBase64Encoded: body.isBase64Encoded,
  });
  keepMaps(event, plan.headers.maps);
  return plan.gateway === 'rest' ? event : payload2Of(event);
}

/** As an HTTP API would hand it over: one value a name, names in lower case, the path decoded. */
function payload2Of({
  httpMethod,
  resource,
  path,
  headers,
  multiValueHeaders,
  ...event
}: ReturnType<typeof restEvent>) {
  const joined = Object.entries(multiValueHeaders ?? headers ?? {}).map(([name, values]) => [
    name.toLowerCase(),
    [values].flat().join(','),
  ]);
  return {
    version: '2.0',
    routeKey: `${httpMethod} ${resource}`,
    rawPath: path,
    rawQueryString: '',
    headers: Object.fromEntries(joined),
    queryStringParameters: event.queryStringParameters,
    pathParameters: Object.fromEntries(
      Object.entries(event.pathParameters ?? {}).map(([name, value]) => [name, decoded(value ?? '')]),
    ),
    requestContext: { requestId: event.requestContext.requestId, http: { method: httpMethod, path } },
    body: event.body ?? undefined,
    isBase64Encoded: event.isBase64Encoded,
  };
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

function filled(text: string, { app, nth }: Plan): string {
  return text.replaceAll('{{app}}', () => appHrnOf(app)).replaceAll('{{key}}', () => apiKeyIdOf(app, nth));
}

/** @returns what Lambda hands over to a direct invocation: JSON, whatever it is */
export function payloadOf(plan: InvocationPlan): unknown {
  const text = bodyOf(plan.body, (text) => filled(text, plan)) ?? 'null';
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** @returns the event of the gateway for its authorizer */
export function authorizerEventOf(plan: AuthorizerPlan): object {
  const fill = (text: string) => filled(text, plan);
  const values = plan.presented.map(([place, value]) => [place, fill(value)] as const);
  const event = authorizerEvents[plan.gateway]({
    headers: headersFrom(Object.fromEntries(values.filter(([place]) => place !== 'query')), plan.headers, plan.gateway),
    query: Object.fromEntries(values.filter(([place]) => place === 'query').map(([, value]) => ['apiKey', value])),
    identitySource: plan.identitySource?.map(fill) ?? null,
  });
  keepMaps(event, plan.headers.maps);
  return event;
}
