import { startService } from '../../infra/local/service.ts';

/** A process with the service as `npm start` runs it, on the ports of its command line; it ends with its parent. */
process.on('disconnect', () => process.exit());
const [httpPort = 0, lambdaPort = 0] = process.argv.slice(2).map(Number);
await startService({ httpPort, lambdaPort });
process.send?.('ready');
