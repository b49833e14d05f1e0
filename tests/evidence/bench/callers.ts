import { once } from 'node:events';
import { connect } from 'node:net';
import { loopback } from '../../../infra/local/ports.ts';
import { type Crowd, measureCrowd } from './crowd.ts';

/** Whom the callers ask, and with which key each does. */
export interface Target {
  readonly port: number;
  readonly keys: readonly string[];
  readonly callsEach: number;
}

/** @returns what sends a key to a server and answers with the status. It is one connection, which is kept. */
async function openCaller(port: number) {
  const socket = connect({ port, host: loopback, noDelay: true }).setEncoding('latin1');
  await once(socket, 'connect');
  const ask = (key: string) =>
    new Promise<number>((resolve, reject) => {
      let received = '';
      const take = (text: string) => {
        received += text;
        if (!received.endsWith('\r\n\r\n')) return; // the answers have no body
        socket.off('data', take).off('close', reject);
        resolve(Number(received.split(' ', 2)[1]));
      };
      socket.on('data', take).once('close', reject);
      socket.write(`GET / HTTP/1.1\r\nHost: ${loopback}\r\nx-api-key: ${key}\r\n\r\n`);
    });
  return { ask, close: () => socket.destroy() };
}

async function callAll({ port, keys, callsEach }: Target) {
  const callers = await Promise.all(keys.map(() => openCaller(port)));
  const crowd: Crowd = { callers: keys.length, callsEach };
  const latency = await measureCrowd(crowd, async (index) => {
    const status = await callers[index]?.ask(keys[index] ?? '');
    if (status !== 200) throw new Error(`the server answered ${status}`);
  });
  for (const { close } of callers) close();
  return latency;
}

process.on('message', async (target: Target) => process.send?.(await callAll(target)));
process.send?.('ready');
