import { startDynalite } from '../../../infra/local/dynalite.ts';

/** A process with dynalite in it: its arguments are a folder and a port; it says when it answers, and ends with its parent. */
const [path = '', port = ''] = process.argv.slice(2);
process.on('disconnect', () => process.exit());
const { endpoint } = await startDynalite({ path, port: Number(port) });
process.send?.(endpoint);
