import { createServer, type IncomingMessage, type ServerResponse, request as send } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { listen } from '../../infra/local/ports.ts';
import { interceptSends } from './intercept-sends.ts';

/** What happens where DynamoDB certainly did nothing, and may do better next time; `refused`: the connection. */
export const passing = [
  'refused',
  'ProvisionedThroughputExceeded',
  'RequestLimitExceeded',
  'Throttling',
  'ReplicatedWriteConflict',
] as const;
/** What DynamoDB answers where it did nothing, and never will. */
export const fatal = ['AccessDenied', 'ResourceNotFound'] as const;
/** What proves nothing: the request may have been carried out. `lost…`: it was, and the answer does not come through. */
export const unclear = [
  'internal',
  'unavailable',
  'hang',
  'reset',
  'garbage',
  'lostByHang',
  'lostByReset',
  'lostInGarbage',
  'lostByHalf',
] as const;
export type Failure = (typeof passing)[number] | (typeof fatal)[number] | (typeof unclear)[number];

/** Which requests fail, and how: those that name one of `needles`, counted from 0. */
export interface FailurePlan {
  readonly needles: readonly string[];
  readonly failure: Failure;
  /** the request that fails; all of them where it is undefined */
  readonly at: number | undefined;
  /** how many there have been */
  requests: number;
  /** when the last one was sent, in ms since the epoch */
  lastAt?: number;
  /** whether the client gave one up before it heard what became of it */
  isGivenUp?: boolean;
}

/** Stands in front of a database and fails as planned; what it says in its failures must get nowhere. */
export interface FailingDatabase {
  readonly endpoint: string;
  readonly plans: Set<FailurePlan>;
  stop(): void;
}

/** A word of DynamoDB's own messages. */
export const inside = 'tableInternals';

export async function startFailingDatabase(endpoint: string): Promise<FailingDatabase> {
  const plans = new Set<FailurePlan>();
  const stopWatching = watchClients(plans);
  const server = createServer((incoming, answer) => {
    handle(incoming, answer, endpoint, plans).catch(() => answer.destroy());
  });
  const address = `http://127.0.0.1:${await listen(server)}`;
  server.unref();
  return {
    endpoint: address,
    plans,
    stop() {
      stopWatching();
      server.closeAllConnections();
      server.close();
    },
  };
}

/** Nobody listens there, at the discard port. */
const closed = {
  endpoint: 'http://127.0.0.1:9',
  region: 'us-east-1',
  credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
};

/**
 * Notes when requests are sent, and refuses as planned: a connection that is refused tells a server nothing of the
 * request that it was for, so that one goes to a port that nobody listens on.
 * @returns what ends it
 */
function watchClients(plans: ReadonlySet<FailurePlan>): () => void {
  const refusing = new DynamoDBClient({ ...closed, maxAttempts: 1 });
  const restore = interceptSends(
    (send) =>
      function (command, ...rest) {
        const plan = planFor(JSON.stringify(command.input), plans);
        if (plan) plan.lastAt = Date.now();
        const isRefused = plan?.failure === 'refused' && failureOf(plan) === 'refused';
        const [options] = rest as [{ readonly abortSignal?: AbortSignal }?];
        options?.abortSignal?.addEventListener('abort', () => {
          if (plan) plan.isGivenUp = true;
        });
        return send.call(isRefused ? refusing : this, command, ...rest);
      },
  );
  return () => {
    restore();
    refusing.destroy();
  };
}

function planFor(text: string, plans: ReadonlySet<FailurePlan>): FailurePlan | undefined {
  return [...plans].find(({ needles }) => needles.some((needle) => text.includes(needle)));
}

async function handle(
  incoming: IncomingMessage,
  answer: ServerResponse,
  endpoint: string,
  plans: ReadonlySet<FailurePlan>,
) {
  const body = await buffer(incoming);
  const plan = planFor(body.toString(), plans);
  const failure = plan && plan.failure !== 'refused' ? failureOf(plan) : undefined;
  const isCarriedOut = failure === undefined || failure.startsWith('lost');
  const reply = isCarriedOut ? await forward(incoming, body, endpoint) : undefined;
  if (failure) return fail(answer, failure, reply?.body);
  answer.writeHead(reply?.status ?? 500, reply?.headers).end(reply?.body);
}

function failureOf(plan: FailurePlan): Failure | undefined {
  const index = plan.requests;
  plan.requests += 1;
  return plan.at === undefined || plan.at === index ? plan.failure : undefined;
}

/** Sends a request on to the database. @returns its answer */
export async function forward({ method, headers }: IncomingMessage, body: Buffer, endpoint: string) {
  const outgoing = send(endpoint, { method, headers });
  outgoing.end(body);
  const reply = await new Promise<IncomingMessage>((resolve, reject) =>
    outgoing.on('response', resolve).on('error', reject),
  );
  return { status: reply.statusCode ?? 500, headers: reply.headers, body: await buffer(reply) };
}

function fail(answer: ServerResponse, failure: Failure, reply: Buffer | undefined): void {
  if (failure === 'hang' || failure === 'lostByHang') return;
  if (failure === 'reset' || failure === 'lostByReset') return void answer.socket?.resetAndDestroy();
  if (failure === 'garbage' || failure === 'lostInGarbage') return void answer.writeHead(200).end(`<html>${inside}`);
  if (failure === 'lostByHalf') {
    answer.writeHead(200, { 'Content-Length': String((reply?.length ?? 0) + 100) });
    answer.write(reply, () => answer.socket?.destroy());
    return;
  }
  const [status, type] = errorOf(failure);
  answer.writeHead(status, { 'Content-Type': 'application/x-amz-json-1.0' });
  answer.end(JSON.stringify({ __type: `com.amazonaws.dynamodb.v20120810#${type}`, message: inside }));
}

function errorOf(failure: string): [number, string] {
  if (failure === 'internal') return [500, 'InternalServerError'];
  if (failure === 'unavailable') return [503, 'ServiceUnavailable'];
  return [400, failure === 'RequestLimitExceeded' ? failure : `${failure}Exception`];
}
