import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';

export const loopback = '127.0.0.1';

/** Binds a server to the loopback address and returns its port. Port 0 means any free port. */
export async function listen(server: Server, port = 0): Promise<number> {
  server.listen(port, loopback);
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

export async function isFree(port: number): Promise<boolean> {
  return (await tryPort(port)) === port;
}

/** @returns a free port, which is `preferred` if possible */
export async function freePort(preferred = unlikelyPort()): Promise<number> {
  const isPort = preferred <= 65_535;
  return (isPort ? await tryPort(preferred) : undefined) ?? (await freePort());
}

/**
 * A port below the range that the system assigns to connections. Otherwise, a connection could take the port before a
 * server listens on it.
 */
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
