import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { listen, loopback } from '../../../infra/local/ports.ts';
import { forward } from '../../support/failing-database.ts';

/**
 * What becomes of a request.
 * `lostRequest`: the connection is reset, and nothing arrives. `lostAnswer`: it arrives, and the connection is reset
 * before the answer. `late`: the connection is reset, and it arrives some time later. `copied`: it is answered as
 * usual, and if it was carried out, a second copy of it arrives some time later. `delayed`: it arrives, or is answered, some time later.
 * `hang`: it arrives, and no answer ever comes.
 */
const shares = { lostRequest: 0.07, lostAnswer: 0.07, late: 0.05, copied: 0.04, delayed: 0.06, hang: 0.01 };
export type Fault = keyof typeof shares;

/** A later copy arrives after so many ms at most, longer than most requests of the service take. */
const latestMs = 1_500;
const longestDelayMs = 100;

/** A proxy in front of a database that loses, delays and doubles what goes through it. */
export interface FaultProxy {
  readonly endpoint: string;
  readonly requests: () => number;
  readonly faults: Record<Fault, number>;
  /** Ends the faults, and waits until every late copy has arrived. */
  calm(): Promise<void>;
  stop(): void;
}

/**
 * @param database its URL
 * @param randomOf gives the random numbers that decide about the requests of an application
 */
export async function startFaultProxy(
  database: string,
  randomOf: (appId: string) => () => number,
): Promise<FaultProxy> {
  const late = new Set<Promise<unknown>>();
  const faults = { lostRequest: 0, lostAnswer: 0, late: 0, copied: 0, delayed: 0, hang: 0 };
  let requests = 0;
  let isCalm = false;

  const server = createServer(async (incoming, answer) => {
    const body = await buffer(incoming);
    const random = randomOf(appIdIn(body));
    requests += 1;
    const fault = isCalm ? undefined : chooseFault(random());
    if (fault) faults[fault] += 1;
    await handle({ incoming, body, answer }, fault, random).catch(() => void reset(answer));
  });
  const handle = async (request: Arrived, fault: Fault | undefined, random: () => number): Promise<unknown> => {
    const { incoming, body, answer } = request;
    const arrive = () => forward(incoming, body, database);
    const arriveLater = () => {
      const arriving = sleep(random() * latestMs).then(arrive);
      const settled: Promise<unknown> = arriving.catch(() => {}).then(() => late.delete(settled));
      late.add(settled);
    };
    if (fault === 'lostRequest') return reset(answer);
    if (fault === 'lostAnswer') return arrive().then(() => reset(answer));
    if (fault === 'hang') return arrive();
    if (fault === 'late') {
      arriveLater();
      return reset(answer);
    }
    const isDelayed = fault === 'delayed' && random() < 0.5;
    if (isDelayed) await sleep(random() * longestDelayMs);
    const { status, headers, body: reply } = await arrive();
    if (fault === 'copied' && status === 200) arriveLater();
    if (fault === 'delayed' && !isDelayed) await sleep(random() * longestDelayMs);
    return answer.writeHead(status, headers).end(reply);
  };
  const port = await listen(server);
  return {
    endpoint: `http://${loopback}:${port}`,
    requests: () => requests,
    faults,
    async calm() {
      isCalm = true;
      while (late.size > 0) await Promise.all(late);
    },
    stop() {
      server.closeAllConnections();
      server.close();
    },
  };
}

interface Arrived {
  readonly incoming: IncomingMessage;
  readonly body: Buffer;
  readonly answer: ServerResponse;
}

function reset(answer: ServerResponse): void {
  answer.socket?.resetAndDestroy();
}

function chooseFault(random: number): Fault | undefined {
  let upTo = 0;
  for (const [fault, share] of Object.entries(shares)) {
    upTo += share;
    if (random < upTo) return fault as Fault;
  }
  return undefined;
}

/** @returns the application whose item a request is about */
function appIdIn(body: Buffer): string {
  const { Key, Item } = JSON.parse(body.toString());
  return String((Key ?? Item)?.pk?.S);
}
