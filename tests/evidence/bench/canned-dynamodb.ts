import { createServer, type Socket } from 'node:net';
import { crc32 } from 'node:zlib';
import { listen, loopback } from '../../../infra/local/ports.ts';

/** Answers as DynamoDB does, from memory and at once: a bench of the service is to measure nothing else. */
export interface CannedDynamodb {
  readonly endpoint: string;
  stop(): void;
}

/**
 * It writes whole answers to the socket: Node's HTTP server would take a fifth of the time of a read.
 * @param items what GetItem finds under each `pk`, in DynamoDB's own form
 */
export async function startCannedDynamodb(items: Readonly<Record<string, object>>): Promise<CannedDynamodb> {
  const empty = answerWith('{}');
  const answers = new Map<string, () => string>();
  const answerTo = (request: string) => {
    if (!/^x-amz-target: \w+\.GetItem\r$/im.test(request)) return empty;
    const body = request.slice(request.indexOf('\r\n\r\n'));
    const answer = answers.get(body) ?? answerWith(JSON.stringify({ Item: itemFor(JSON.parse(body), items) }));
    answers.set(body, answer);
    return answer;
  };
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket.setEncoding('latin1').on('error', () => {}));
    socket.on('close', () => sockets.delete(socket));
    let received = '';
    socket.on('data', (text) => {
      received += text;
      for (let end = endOfRequest(received); end <= received.length; end = endOfRequest(received)) {
        socket.write(answerTo(received.slice(0, end))());
        received = received.slice(end);
      }
    });
  });
  const port = await listen(server);
  server.unref();
  const stop = () => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  return { endpoint: `http://${loopback}:${port}`, stop };
}

interface GetItem {
  readonly Key: { readonly pk: { readonly S: string } };
  readonly ProjectionExpression?: string;
  readonly ExpressionAttributeNames?: Readonly<Record<string, string>>;
}

/** @returns what of the item the request asks for: an answer that holds more takes longer to read */
function itemFor(
  { Key, ProjectionExpression, ExpressionAttributeNames = {} }: GetItem,
  items: Readonly<Record<string, object>>,
): object | undefined {
  const item = items[Key.pk.S];
  if (!item || !ProjectionExpression) return item;
  const names = ProjectionExpression.split(',').map((name) => ExpressionAttributeNames[name]);
  return Object.fromEntries(Object.entries(item).filter(([name]) => names.includes(name)));
}

/** @returns where the first request ends, as far as can be told from its beginning */
function endOfRequest(received: string): number {
  const endOfHead = received.indexOf('\r\n\r\n');
  if (endOfHead === -1) return Number.POSITIVE_INFINITY;
  const [, length = '0'] = /^content-length: (\d+)\r$/im.exec(received.slice(0, endOfHead + 2)) ?? [];
  return endOfHead + 4 + Number(length);
}

/** With the headers that DynamoDB sends. */
function answerWith(body: string): () => string {
  const head = [
    'HTTP/1.1 200 OK',
    'Server: Server',
    'Content-Type: application/x-amz-json-1.0',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: keep-alive',
    'x-amzn-RequestId: 2M0C0DR4F6QHCS5CQVGSRI6Q9VVV4KQNSO5AEMVJF66Q9ASUAAJG',
    `x-amz-crc32: ${crc32(body)}`,
  ].join('\r\n');
  return () => `${head}\r\nDate: ${new Date().toUTCString()}\r\n\r\n${body}`;
}
