import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { formatUrl } from '../../infra/local/addresses.ts';
import { freePort, loopback } from '../../infra/local/ports.ts';

const program = join(import.meta.dirname, 'node_modules/@stoplight/prism-cli/dist/index.js');

/** Starts Prism between a client and the service: what contradicts the document becomes an error of its own. */
export async function startPrism(document: string, upstream: string) {
  const port = await freePort();
  const args = ['proxy', document, upstream, '--errors', '--host', loopback, '--port', String(port)];
  const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = once(child, 'exit');
  let output = '';
  const isReady = new Promise<boolean>((resolve) => {
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk) => {
        output += chunk;
        if (output.includes('Prism is listening')) resolve(true);
      });
    child.on('exit', () => resolve(false));
  });
  if (!(await isReady)) throw new Error(`Prism did not start: ${output}`);
  return {
    url: formatUrl(port),
    stop: async () => {
      child.kill('SIGTERM');
      await ended;
    },
  };
}
