import { createServer, type Server } from 'node:http';
import { json } from 'node:stream/consumers';
import { vi } from 'vitest';
import { listen, loopback } from '../../infra/local/ports.ts';

/** Undefined: it never answers. `stalled`: it begins to, and stops in the middle of the body. */
export type ScriptedAnswer = { readonly status: number; readonly body: object } | 'stalled' | undefined;

/**
 * Starts what stands for a service of AWS, and leads the SDK of this process to it.
 * @param endpointVariable such as `AWS_ENDPOINT_URL_KMS`
 * @param answerTo what it is asked: the operation's target, and the body
 */
export async function startScriptedAws(
  endpointVariable: string,
  answerTo: (target: string | string[] | undefined, body: unknown) => ScriptedAnswer,
): Promise<Server> {
  const server = createServer(async (request, response) => {
    const answer = answerTo(request.headers['x-amz-target'], await json(request));
    if (!answer) return;
    if (answer === 'stalled') return void response.writeHead(200).write('{');
    response.writeHead(answer.status, { 'content-type': 'application/x-amz-json-1.1' });
    response.end(JSON.stringify(answer.body));
  });
  vi.stubEnv(endpointVariable, `http://${loopback}:${await listen(server)}`);
  vi.stubEnv('AWS_REGION', 'us-east-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'local');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'local');
  return server;
}
