import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import { DeleteCommand, PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import type { Attempt, Delete, ItemKey, Put, Update } from '../../../lib/store/table.ts';
import { interceptSends } from '../../support/intercept-sends.ts';
import { MemoryTable } from '../interleavings/memory-table.ts';

/** What a slow DynamoDB can do. */
export interface Capacity {
  /** requests served at a time; the others wait, first come, first served */
  readonly slots: number;
  /** how long one takes on average: from half of that to half as much again */
  readonly serviceMs: number;
  /** when so many wait the next is refused as throttled, as DynamoDB does; where there is no bound it only becomes slow */
  readonly maxWaiting: number;
  /** what the service has under way at a time; the others wait for a connection, as in the SDK's clients: each has 50 */
  readonly connections: number;
}

interface Job {
  readonly command: unknown;
  readonly resolve: (output: object) => void;
  readonly reject: (error: Error) => void;
  state: 'unsent' | 'sent' | 'ended';
}

const throttledMs = 2;

/**
 * Stands for DynamoDB below the real store, and answers it as the SDK's client would, time-outs included. What is given
 * up is carried out all the same, once it has been sent.
 */
export class SlowStore {
  readonly memory = new MemoryTable();
  /** `wasted`: carried out when nobody waited for it any more */
  readonly counts = { served: 0, wasted: 0, throttled: 0, givenUp: 0 };
  readonly #capacity: Capacity;
  readonly #random: () => number;
  readonly #unsent: Job[] = [];
  readonly #waiting: Job[] = [];
  #connected = 0;
  #serving = 0;

  constructor(capacity: Capacity, random: () => number) {
    this.#capacity = capacity;
    this.#random = random;
  }

  get isIdle(): boolean {
    return this.#serving + this.#waiting.length + this.#unsent.length === 0;
  }

  /** Takes the place of the SDK's way to the network. @returns what gives it back */
  install(): () => void {
    return interceptSends(() => (command, options) => {
      const { abortSignal } = options as { abortSignal: AbortSignal };
      return this.#send(command, abortSignal);
    });
  }

  #send(command: unknown, signal: AbortSignal): Promise<object> {
    return new Promise((resolve, reject) => {
      const job: Job = { command, resolve, reject, state: 'unsent' };
      signal.addEventListener('abort', () => {
        if (job.state !== 'ended') this.counts.givenUp += 1;
        this.#end(job, () => reject(signal.reason));
      });
      this.#unsent.push(job);
      this.#connect();
    });
  }

  #connect(): void {
    while (this.#connected < this.#capacity.connections) {
      const job = this.#unsent.shift();
      if (!job) return;
      if (job.state === 'ended') continue;
      job.state = 'sent';
      this.#connected += 1;
      this.#arrive(job);
    }
  }

  #arrive(job: Job): void {
    if (this.#waiting.length < this.#capacity.maxWaiting) {
      this.#waiting.push(job);
      this.#serve();
    } else {
      this.counts.throttled += 1;
      setTimeout(() => this.#end(job, () => job.reject(named('ThrottlingException'))), throttledMs);
    }
  }

  #serve(): void {
    while (this.#serving < this.#capacity.slots) {
      const job = this.#waiting.shift();
      if (!job) return;
      this.#serving += 1;
      setTimeout(() => this.#carryOut(job), this.#capacity.serviceMs * (0.5 + this.#random()));
    }
  }

  #carryOut(job: Job): void {
    this.#serving -= 1;
    this.counts[job.state === 'ended' ? 'wasted' : 'served'] += 1;
    const result = this.#resultOf(job.command);
    this.#end(job, () => (result instanceof Error ? job.reject(result) : job.resolve(result)));
    this.#serve();
  }

  #end(job: Job, tell: () => void): void {
    if (job.state === 'ended') return;
    if (job.state === 'sent') this.#connected -= 1;
    job.state = 'ended';
    tell();
    this.#connect();
  }

  #resultOf(command: unknown): object | Error {
    if (command instanceof GetItemCommand) return this.#get(command);
    const attempt = this.#write(command);
    if (attempt.outcome !== 'refused') return {};
    const { item } = attempt;
    const Item = item ? { Item: marshall(item, { removeUndefinedValues: true }) } : {};
    return Object.assign(named('ConditionalCheckFailedException'), Item);
  }

  #get({ input: { Key = {} } }: GetItemCommand): object {
    const item = this.memory.get(unmarshall(Key) as ItemKey);
    return item ? { Item: marshall(item, { removeUndefinedValues: true }) } : {};
  }

  #write(command: unknown): Attempt {
    if (command instanceof UpdateCommand)
      return this.memory.write({ kind: 'update', update: command.input as unknown as Update });
    if (command instanceof PutCommand) return this.memory.write({ kind: 'put', put: command.input as unknown as Put });
    if (command instanceof DeleteCommand)
      return this.memory.write({ kind: 'delete', remove: command.input as unknown as Delete });
    throw new Error('the slow store does not know such a command');
  }
}

function named(name: string): Error {
  return Object.assign(new Error('the slow store says so'), { name });
}
