import { createServer } from 'node:http';
import { listen, loopback } from '../../infra/local/ports.ts';

/** Answers as DynamoDB does, from memory and at once: a bench of the service is to measure nothing else. */
export interface CannedDynamodb {
  readonly endpoint: string;
  /** the operations that were asked for, such as `GetItem` */
  readonly requests: string[];
  stop(): void;
}

/** @param item what every GetItem finds, in DynamoDB's own form */
export async function startCannedDynamodb(item?: object): Promise<CannedDynamodb> {
  const requests: string[] = [];
  const read = JSON.stringify({ Item: item });
  const server = createServer((request, response) => {
    const operation = String(request.headers['x-amz-target']).split('.')[1] ?? '';
    requests.push(operation);
    request.resume().on('end', () => {
      const body = operation === 'GetItem' ? read : '{}';
      response
        .writeHead(200, { 'content-type': 'application/x-amz-json-1.0', 'content-length': body.length })
        .end(body);
    });
  });
  const port = await listen(server);
  server.unref();
  return { endpoint: `http://${loopback}:${port}`, requests, stop: () => void server.close().closeAllConnections() };
}
