import dynalite from 'dynalite';
import { forOwnHosts } from './own-hosts.ts';
import { listen, loopback } from './ports.ts';

/** A running database: its URL and how to stop it. */
export type Engine = { endpoint: string; stop: () => Promise<void> };

/** Starts dynalite on the given port or a free port, with its data in the folder `path` or in memory. */
export async function startDynalite({ path, port: wanted }: { path?: string; port?: number } = {}): Promise<Engine> {
  const server = dynalite({ createTableMs: 0, deleteTableMs: 0, ...(path === undefined ? {} : { path }) });
  const port = await listen(forOwnHosts(server), wanted);
  return { endpoint: `http://${loopback}:${port}`, stop: () => close(server) };
}

function close(server: ReturnType<typeof dynalite>): Promise<void> {
  return new Promise((resolve, reject) => {
    server.close((error) => (error ? reject(error) : resolve()));
    server.closeAllConnections();
  });
}
