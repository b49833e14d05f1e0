import { type AppRef, formatAppHrn } from '../../lib/domain/hrn.ts';
import { freePort, isFree, loopback } from './ports.ts';

export type Ports = { httpPort: number; issuerPort: number; lambdaPort: number };

/** @throws Error when a port that the user chose is in use */
export async function choosePorts(httpPort: number, lambdaPort: number | undefined): Promise<Ports> {
  await requireFree('--port', httpPort);
  const issuerPort = await freePort(httpPort + 1 === lambdaPort ? undefined : httpPort + 1);
  if (lambdaPort === undefined) return { httpPort, issuerPort, lambdaPort: await freePort(httpPort + 2) };
  if (lambdaPort === httpPort) throw new Error('--lambda-port must differ from --port.');
  await requireFree('--lambda-port', lambdaPort);
  return { httpPort, issuerPort, lambdaPort };
}

/** The port of the stand-in for Secrets Manager, if it is free. */
export function defaultSecretsPort(httpPort: number): number {
  return httpPort + 3;
}

export function formatUrl(port: number): string {
  return `http://${loopback}:${port}`;
}

/** The URL of an application, with its HRN percent-encoded. */
export function formatAppUrl({ httpPort }: Pick<Ports, 'httpPort'>, app: AppRef, partition: string): string {
  return `${formatUrl(httpPort)}/apps/${encodeURIComponent(formatAppHrn(app, partition))}`;
}

async function requireFree(flag: string, port: number): Promise<void> {
  if (!(await isFree(port))) throw new Error(`Port ${port} is in use. Choose another port: npm start -- ${flag} N`);
}
