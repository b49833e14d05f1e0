import { type ChildProcess, fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startDynalite } from '../../../infra/local/dynalite.ts';
import { type ApiKeyId, handleOf } from '../../../lib/domain/api-key-id.ts';
import type { App } from '../../../lib/domain/app.ts';
import { formatApiKeyHrn, formatAppHrn } from '../../../lib/domain/hrn.ts';
import type { GatewayReply } from '../../../lib/service/http/exchange.ts';
import { type Ground, type Invoke, prepareGround, realm } from '../../support/handlers.ts';
import { randomNumbers, requireSound } from '../properties/support.ts';

export interface Outcome {
  readonly kills: number;
  /** requests that made a key, and how many of them were answered by a repetition */
  readonly made: number;
  readonly replayed: number;
  /** requests that got no answer, and were sent again */
  readonly unanswered: number;
  /** keys that are there at the end */
  readonly keys: number;
  readonly faulty: readonly string[];
}

const appsAtOnce = 6;
const clientsPerApp = 3;
/** so many that an application's records of requests have room */
const roundsPerApp = 12;
/** so many keys are made between two kills at most */
const mostMade = 40;

/** The service in a process of its own, which is killed and started again. */
class KilledService {
  readonly #environment: Ground['environment'];
  #child: ChildProcess | undefined;
  #endpoint = '';
  unanswered = 0;

  constructor(environment: Ground['environment']) {
    this.#environment = environment;
  }

  async start(): Promise<void> {
    const file = fileURLToPath(new URL('service-process.ts', import.meta.url));
    const env = { ...process.env, ...this.#environment };
    const child = fork(file, [], { env, execArgv: [], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    this.#child = child;
    [this.#endpoint] = await Promise.race([once(child, 'message'), once(child, 'exit').then(failed)]);
  }

  async kill(): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }

  /** Sends the same request until it is answered: neither a dead process nor 503 is an answer. */
  invoke: Invoke = async (id, request) => {
    for (;;) {
      const reply = await this.#post(JSON.stringify({ id, request }));
      if (reply && reply.statusCode < 500) return reply;
      this.unanswered += 1;
      await sleep(50);
    }
  };

  async #post(body: string): Promise<GatewayReply | undefined> {
    try {
      return (await (await fetch(this.#endpoint, { method: 'POST', body })).json()) as GatewayReply;
    } catch {
      return undefined;
    }
  }
}

function failed(): never {
  throw new Error('the service ended before it answered');
}

/** Keys that a client has the secret of, by handle, and what all clients have counted. */
interface Held {
  readonly apps: App[];
  readonly secrets: Map<string, ApiKeyId>;
  made: number;
  replayed: number;
  isOver: boolean;
}

/**
 * Kills the service again and again while clients make keys, rotate and delete them, each request with an
 * Idempotency-Key and repeated until it is answered; then looks for keys that nobody has the secret of.
 */
export async function killService(
  kills: number,
  seed: number,
  say: (text: string) => void = () => {},
): Promise<Outcome> {
  const database = await startDynalite();
  const ground = await prepareGround(database.endpoint, 'kills');
  const service = new KilledService(ground.environment);
  const held: Held = { apps: [], secrets: new Map(), made: 0, replayed: 0, isOver: false };
  const random = randomNumbers(seed);
  try {
    await service.start();
    const authorization = await ground.authorize('demo');
    const clients = Array.from({ length: appsAtOnce }, () => workOnApps(ground, { authorization, service, held }));
    for (let nth = 1; nth <= kills; nth += 1) {
      const enough = held.made + 1 + random() * mostMade;
      while (held.made < enough) await Promise.race([sleep(5), ...clients]);
      await service.kill();
      await service.start();
      say(`${nth} kills, ${held.made} keys made`);
    }
    held.isOver = true;
    await Promise.all(clients);
    const faulty = await faultsOf(ground, service, held);
    const { made, replayed, secrets } = held;
    return { kills, made, replayed, unanswered: service.unanswered, keys: secrets.size, faulty };
  } finally {
    held.isOver = true;
    await service.kill();
    ground.stop();
    await database.stop();
  }
}

interface Work {
  readonly app: App;
  readonly number: number;
  readonly authorization: string;
  readonly service: KilledService;
  readonly held: Held;
}

/** One application after the other, with some clients at once. */
async function workOnApps(ground: Ground, job: Pick<Work, 'authorization' | 'service' | 'held'>): Promise<void> {
  const { apps } = job.held;
  while (!job.held.isOver) {
    const app = await ground.seed(`app${randomUUID().replaceAll('-', '')}`, 'demo');
    apps.push(app);
    await Promise.all(Array.from({ length: clientsPerApp }, (_, number) => work({ ...job, app, number })));
  }
}

/** Makes a key, rotates it and deletes it, again and again; at the end it keeps what it has. */
async function work(job: Work): Promise<void> {
  const { held } = job;
  for (let round = 1; round <= roundsPerApp && !held.isOver; round += 1) {
    const first = await make(job, 'generateApiKey', `generate-${round}`);
    if (first === undefined) continue;
    if (held.isOver) return;
    const second = await make(job, 'rotateApiKey', `rotate-${round}`, first);
    if (second === undefined) throw new Error('a key was not there to be rotated');
    held.secrets.delete(first);
    if (held.isOver) return;
    await job.service.invoke('deleteApiKey', { path: pathOf(job.app, second), headers: headersOf(job) });
    held.secrets.delete(second);
  }
}

/** @returns the handle of the key that the request made; undefined when there was no place */
async function make(
  job: Work,
  id: 'generateApiKey' | 'rotateApiKey',
  request: string,
  from?: string,
): Promise<string | undefined> {
  const { app, number, service, held } = job;
  const headers = { ...headersOf(job), 'Idempotency-Key': `client-${number}-${request}` };
  const reply = await service.invoke(id, { path: pathOf(app, from), headers, body: { name: request } });
  const body = JSON.parse(reply.body);
  if (body.code === '409303') return undefined;
  if (reply.statusCode !== 201) throw new Error(`${id} answered ${reply.body}`);
  const handle = handleOf(body.apiKeyId);
  held.secrets.set(handle, body.apiKeyId);
  held.made += 1;
  held.replayed += reply.headers['Idempotency-Replayed'] ? 1 : 0;
  return handle;
}

function headersOf({ authorization }: Work): Record<string, string> {
  return { Authorization: authorization, 'Content-Type': 'application/json' };
}

function pathOf(app: App, handle?: string): Record<string, string> {
  const key = handle === undefined ? {} : { apiKey: encodeURIComponent(formatApiKeyHrn(realm, handle, 'here')) };
  return { app: encodeURIComponent(formatAppHrn(app, 'here')), ...key };
}

/** @returns each place that is taken by a key without an owner, and each owner without a key that verifies */
async function faultsOf(
  { item, authorize }: Ground,
  service: KilledService,
  { apps, secrets }: Held,
): Promise<string[]> {
  const items = await Promise.all(apps.map(item));
  items.forEach(requireSound);
  const taken = items.flatMap(({ keys }) => Object.keys(keys));
  const ownerless = taken.filter((handle) => !secrets.has(handle)).map((handle) => `nobody has the key ${handle}`);
  const headers = {
    Authorization: await authorize('verifier', ['account:verify']),
    'Content-Type': 'application/json',
  };
  const invalid = await Promise.all(
    [...secrets].map(async ([handle, apiKeyId]) => {
      const { body } = await service.invoke('verifyApiKey', { headers, body: { apiKeyId } });
      return JSON.parse(body).valid === true ? [] : [`the key ${handle} does not verify`];
    }),
  );
  return [...ownerless, ...invalid.flat()];
}
