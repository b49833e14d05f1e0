import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** What becomes of a request: `loseAnswer` lets it reach the database, and cuts the connection before the answer. */
export type Fault = 'none' | 'loseAnswer' | 'loseRequest' | 'hang';

/** A proxy in front of a database that counts requests at the wire, and loses what it is told to lose. */
export interface DatabaseProxy {
  readonly endpoint: string;
  /** the operations that came in, such as `UpdateItem` */
  readonly requests: string[];
  /** what happens to each of the next requests; then `none` */
  faults: Fault[];
  stop(): void;
}

export async function startDatabaseProxy(endpoint: string): Promise<DatabaseProxy> {
  const { hostname, port } = new URL(endpoint);
  const server = createServer((client) => pipe(client, connect(Number(port), hostname), proxy));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  server.unref();
  const proxy: DatabaseProxy = {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: [],
    faults: [],
    stop: () => void server.close(),
  };
  return proxy;
}

function pipe(client: Socket, database: Socket, proxy: DatabaseProxy): void {
  let fault: Fault = 'none';
  client.on('data', (chunk) => {
    const [, operation] = /x-amz-target: DynamoDB_\d+\.(\w+)/i.exec(chunk.toString('latin1')) ?? [];
    if (operation) {
      proxy.requests.push(operation);
      fault = proxy.faults.shift() ?? 'none';
    }
    if (fault === 'loseRequest') client.destroy();
    else if (fault !== 'hang') database.write(chunk);
  });
  database.on('data', (chunk) => (fault === 'loseAnswer' ? client.destroy() : client.write(chunk)));
  client.on('close', () => database.destroy()).on('error', () => {});
  database.on('close', () => client.destroy()).on('error', () => {});
}
