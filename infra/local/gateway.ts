import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { GatewayReply } from '../../lib/service/http/exchange.ts';
import { messageOf } from './command-line.ts';
import { invoke } from './functions.ts';
import { gatewayResponse } from './gateway-responses.ts';
import { readBody } from './request-body.ts';
import { authorizerEvent, integrationEvent, type RestRequest, readRequest } from './rest-event.ts';

/** API Gateway's own limit. */
const maxBodyBytes = 10 * 1024 * 1024;

/**
 * The local stand-in for the REST API of API Gateway. docs/getting-started.md lists the differences.
 * @param stageVariables the stage variables of the API, which the authorizer reads
 */
export function createGateway(stageVariables: Record<string, string> | null): Server {
  return createServer((request, response) => {
    const requestId = randomUUID();
    answer(request, requestId, stageVariables)
      .then((reply) => send(response, reply))
      .catch((error) => {
        if (!request.complete) return; // The client has closed the connection.
        console.error(`A function has failed: ${messageOf(error)}`);
        send(response, gatewayResponse('DEFAULT_5XX', requestId));
      });
  });
}

async function answer(
  incoming: IncomingMessage,
  requestId: string,
  stageVariables: Record<string, string> | null,
): Promise<GatewayReply> {
  const body = await readBody(incoming, maxBodyBytes);
  const request = readRequest(incoming, requestId, stageVariables);
  if (!request) return gatewayResponse('MISSING_AUTHENTICATION_TOKEN', requestId);
  if (body === undefined) return gatewayResponse('REQUEST_TOO_LARGE', requestId);
  const authorized = request.authorizer === undefined ? undefined : await authorize(request, request.authorizer);
  if (typeof authorized === 'string') return gatewayResponse(authorized, requestId);
  return (await invoke(request.functionName, integrationEvent(request, body, authorized))) as GatewayReply;
}

interface Authorization {
  readonly principalId: string;
  readonly policyDocument: { readonly Statement: readonly { readonly Effect: string; readonly Resource: string }[] };
  readonly context: object;
}

/**
 * @returns the context of the caller from the authorizer, or the type of the gateway response that rejects the request
 */
async function authorize(request: RestRequest, authorizer: string): Promise<object | string> {
  const event = authorizerEvent(request);
  try {
    const { principalId, policyDocument, context } = (await invoke(authorizer, event)) as Authorization;
    const isAllowed = policyDocument.Statement.some(
      ({ Effect, Resource }) => Effect === 'Allow' && event.methodArn.startsWith(Resource.replace(/\*$/, '')),
    );
    return isAllowed ? { principalId, ...context } : 'ACCESS_DENIED';
  } catch (error) {
    return messageOf(error) === 'Unauthorized' ? 'UNAUTHORIZED' : 'AUTHORIZER_FAILURE';
  }
}

function send(response: ServerResponse, { statusCode, headers, body }: GatewayReply): void {
  response.writeHead(statusCode, { 'Content-Type': 'application/json', ...headers });
  response.end(body);
}
