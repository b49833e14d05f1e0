import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';

export const loopback = '127.0.0.1';

/** Binds a server to the loopback address; port 0 is any free one. Answers with the port that it got. */
export async function listen(server: Server, port = 0): Promise<number> {
  server.listen(port, loopback);
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

export async function isFree(port: number): Promise<boolean> {
  return (await tryPort(port)) === port;
}

/** A free port: `preferred` if that is one. */
export async function freePort(preferred = unlikelyPort()): Promise<number> {
  const isPort = preferred <= 65_535;
  return (isPort ? await tryPort(preferred) : undefined) ?? (await freePort());
}

/** A port below those that the system assigns to connections, so that no connection takes it before a server listens on it. */
function unlikelyPort(): number {
  return randomInt(11_000, 32_768);
}

async function tryPort(port: number): Promise<number | undefined> {
  const server = createServer();
  try {
    return await listen(server, port);
  } catch {
    return undefined;
  } finally {
    server.close();
  }
}
