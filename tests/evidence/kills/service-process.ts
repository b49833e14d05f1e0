import { createServer } from 'node:http';
import { json } from 'node:stream/consumers';
import { listen, loopback } from '../../../infra/local/ports.ts';
import type { OperationId, TestRequest } from '../../support/events.ts';
import { openHandlers } from '../../support/handlers.ts';

/** What is posted to the process: a call of the service. */
export interface Invocation {
  readonly id: OperationId;
  readonly request: TestRequest;
}

/** A process with the real handlers behind HTTP; it says when it answers, and ends with its parent. */
process.on('disconnect', () => process.exit());
const invoke = await openHandlers();
const server = createServer(async (incoming, answer) => {
  const { id, request } = (await json(incoming)) as Invocation;
  answer.end(JSON.stringify(await invoke(id, request)));
});
process.send?.(`http://${loopback}:${await listen(server)}`);
