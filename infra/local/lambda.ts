import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { definitions, invoke, stage } from './functions.ts';
import { readBody } from './request-body.ts';

/** Lambda's own limit. */
const maxPayloadBytes = 6 * 1024 * 1024;

interface LambdaReply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** The local stand-in for Lambda's operation Invoke. */
export function createLambda(): Server {
  return createServer(async (request, response) => {
    const payload = await readBody(request, maxPayloadBytes).catch(() => undefined);
    const { status, headers, body } = await answer(request, payload);
    response.writeHead(status, { 'content-type': 'application/json', 'x-amzn-requestid': randomUUID(), ...headers });
    response.end(JSON.stringify(body));
  });
}

async function answer(request: IncomingMessage, payload: string | undefined): Promise<LambdaReply> {
  // Every function can be invoked without credentials. Browsers send this header with every POST of a web page.
  if (request.headers.origin !== undefined)
    return refuse(403, 'AccessDeniedException', 'Web pages cannot invoke functions.');
  const name = functionIn(request);
  if (name === undefined) return refuse(404, 'ResourceNotFoundException', 'There is no such function.');
  if (payload === undefined) return refuse(413, 'RequestTooLargeException', 'The payload is larger than 6 MB.');
  try {
    return await run(name, JSON.parse(payload || '{}'), request.headers['x-amz-invocation-type']);
  } catch {
    return refuse(400, 'InvalidRequestContentException', 'The payload is not JSON.');
  }
}

/** @returns the function that the path names by its name or ARN */
function functionIn({ method, url = '' }: IncomingMessage): string | undefined {
  const [, encoded = ''] = /^\/2015-03-31\/functions\/([^/?]+)\/invocations$/.exec(url) ?? [];
  const found = new RegExp(`(?:^|:function:|%3Afunction%3A)appkeys-${stage}-(\\w+)$`).exec(encoded)?.[1] ?? '';
  return method === 'POST' && Object.hasOwn(definitions, found) ? found : undefined;
}

async function run(name: string, event: unknown, type: unknown): Promise<LambdaReply> {
  if (type === 'DryRun') return { status: 204 };
  const outcome = invoke(name, event).then(
    (body) => ({ status: 200, body: body ?? null }),
    (error: Error) => crash(error),
  );
  return type === 'Event' ? { status: 202 } : outcome;
}

function crash({ name, message }: Error): LambdaReply {
  const body = { errorType: name, errorMessage: message, trace: [] };
  return { status: 200, headers: { 'x-amz-function-error': 'Unhandled' }, body };
}

function refuse(status: number, code: string, Message: string): LambdaReply {
  return { status, headers: { 'x-amzn-errortype': code }, body: { Type: 'User', Message } };
}
