import { createHmac } from 'node:crypto';
import { openLocalSecrets } from '../../../infra/local/secrets-manager.ts';
import { isLiveAt } from '../../../lib/domain/api-key.ts';
import { handleOf, type KeyHandle } from '../../../lib/domain/api-key-id.ts';
import { type App, newApp } from '../../../lib/domain/app.ts';
import { ApiError } from '../../../lib/domain/errors.ts';
import { formatAppHrn } from '../../../lib/domain/hrn.ts';
import { requestId } from '../../../lib/domain/idempotency.ts';
import type { Secrets } from '../../../lib/service/secrets-manager.ts';
import { verifierSettings } from '../../../lib/service/settings.ts';
import { runStep, type StepName, stepNames } from '../../../lib/service/use-cases/rotate-secret.ts';
import { appKey, appOf } from '../../../lib/store/app-item.ts';
import type { Deadline } from '../../../lib/store/settle.ts';
import type { Table } from '../../../lib/store/table.ts';
import { Verifier } from '../../../lib/verification/verifier.ts';
import { testSettings } from '../../support/settings.ts';
import { MemoryTable, openMemoryTable } from '../interleavings/memory-table.ts';

/** What becomes of a request. `crash…`: the process ends there. `lost`: it is carried out, but its answer is not told. */
export const fates = ['answered', 'crashBefore', 'crashAfter', 'lost', 'unsent'] as const;
export type Fate = (typeof fates)[number];

/** A request to Secrets Manager, `mac`, or one to the table. */
export type Request = 'mac' | object;

/** Is asked before each request of a process; what it returns may come later. */
export interface Gate {
  (request: Request): Promise<Fate>;
  /** is given each request, and what the process is told of it */
  told?(request: Request, answer: unknown): void;
}

/** What may be wrong on purpose, so that a check that sees nothing is noticed. */
export type Mutant = 'a clock that is an hour late' | 'a label that does not move';

const settings = testSettings({ partition: 'here' });
const ref = { realm: 'myrealm', appId: 'billing' };
const hrn = formatAppHrn(ref, settings.partition);

/** One application, its secret, and a clock of their own: the real use cases on a table and secrets in memory. */
export class World {
  readonly #table = new MemoryTable();
  readonly #run = openLocalSecrets();
  readonly arn: string;
  now = 1_800_000_000_000;

  readonly #mutant: Mutant | undefined;
  readonly #isStill: boolean;

  /** @param isStill no time goes by while a process waits */
  constructor(overlapSeconds: number, { mutant, isStill = false }: { mutant?: Mutant; isStill?: boolean } = {}) {
    this.#mutant = mutant;
    this.#isStill = isStill;
    const made = { ...ref, name: 'app', owner: 'demo', now: this.now, op: 'seed', correlationId: 'seed' };
    const { appId: _, ...attributes } = newApp(made);
    this.#table.write({ kind: 'put', put: { Item: { ...appKey(ref.appId), ...attributes } } });
    const SecretString = JSON.stringify({ app: hrn, overlapSeconds });
    const { ARN } = this.#run('CreateSecret', { Name: 'secret', SecretString }) as { ARN: string };
    this.arn = ARN;
  }

  get app(): App {
    return appOf(this.#table.get(appKey(ref.appId))) as App;
  }

  /** Starts a rotation, or goes on with one. @throws Error when another is under way */
  begin(token: string): void {
    this.#run('RotateSecret', { SecretId: this.arn, ClientRequestToken: token });
  }

  /** All that a process can find out, later too. */
  get state(): unknown {
    const { VersionIdsToStages } = this.#run('DescribeSecret', { SecretId: this.arn }) as {
      VersionIdsToStages: Record<string, string[]>;
    };
    const versions = Object.entries(VersionIdsToStages).map(([VersionId, labels]) => [
      VersionId,
      labels,
      this.#valueOf(VersionId),
    ]);
    return [this.#table.get(appKey(ref.appId)), versions, this.now];
  }

  /** Whether it does not matter when the request is sent: nothing changes its answer any more, and it changes nothing. */
  isSettled(request: Request): boolean {
    if (request === 'mac') return true;
    if (!('operation' in request)) return false;
    return (
      this.isCurrent('token') || ('VersionId' in request && this.#valueOf(String(request.VersionId)) !== undefined)
    );
  }

  #valueOf(VersionId: string): unknown {
    try {
      return (this.#run('GetSecretValue', { SecretId: this.arn, VersionId }) as { SecretString: string }).SecretString;
    } catch {
      return undefined;
    }
  }

  isCurrent(token: string): boolean {
    const { VersionIdsToStages } = this.#run('DescribeSecret', { SecretId: this.arn }) as {
      VersionIdsToStages: Record<string, string[]>;
    };
    return VersionIdsToStages[token]?.includes('AWSCURRENT') ?? false;
  }

  /** What a consumer reads. */
  read(): KeyHandle | undefined {
    const { SecretString } = this.#run('GetSecretValue', { SecretId: this.arn }) as { SecretString: string };
    const { apiKeyId } = JSON.parse(SecretString);
    return apiKeyId && handleOf(apiKeyId);
  }

  isValid(handle: KeyHandle, at = this.now): boolean {
    const key = this.app.keys[handle];
    return key ? key.enabled && isLiveAt(key, at) : false;
  }

  /** Runs a step in a process of its own. @returns false when it has failed; a process that crashes never comes back */
  async step(name: StepName, token: string, gate: Gate): Promise<boolean> {
    const request = requestId(['', this.arn, 'rotateSecret', token]);
    const table = this.table(gate);
    const verifier = new Verifier(
      table,
      { ...verifierSettings(settings), cacheSeconds: 0, lastUsedSeconds: undefined },
      this.deadline(),
    );
    const call = {
      ...{ settings, table, verifier, request, token },
      mac: (message: Uint8Array) =>
        asked(gate, 'mac', () => createHmac('sha256', 'key').update(message).digest(), unavailable),
      secrets: this.#secrets(gate),
      deadline: this.deadline(),
      secretId: this.arn,
      by: 'lambda:rotateSecret:secret',
      correlationId: request.hash,
      about: () => {},
      made: () => {},
    };
    try {
      await runStep(call, name);
      return true;
    } catch (error) {
      if (error instanceof ApiError && error.code !== '500000') return false;
      throw error;
    }
  }

  /** The table, by a way on which requests meet their fates. */
  table(gate: Gate): Table {
    const table = openMemoryTable(this.#table);
    const unknown = () => ({ outcome: 'unknown', error: 'lost' }) as const;
    const failed = () => ({ outcome: 'failed', error: 'lost' }) as const;
    return {
      ...table,
      attemptUpdate: (update) => asked(gate, update, () => this.#table.write({ kind: 'update', update }), unknown),
      attemptGet: (key) => asked(gate, key, () => ({ outcome: 'read', found: this.#table.get(key) }) as const, failed),
    };
  }

  deadline(): Deadline {
    const lateMs = this.#mutant === 'a clock that is an hour late' ? 3_600_000 : 0;
    return {
      at: this.now - lateMs + 8_000,
      now: () => this.now - lateMs,
      random: () => 0.5,
      sleep: async (ms) => {
        if (!this.#isStill) this.now += ms;
      },
    };
  }

  #secrets(gate: Gate): Secrets {
    const SecretId = this.arn;
    const run = (operation: string, input: object) =>
      asked(
        gate,
        { operation, ...input },
        () => this.#run(operation, { SecretId, ...input }) as Record<string, never>,
        unavailable,
      );
    return {
      describe: async () => {
        const { RotationEnabled, VersionIdsToStages } = await run('DescribeSecret', {});
        return { isRotated: RotationEnabled !== false, stages: VersionIdsToStages ?? {} };
      },
      read: async (_, which) => {
        const version = typeof which === 'string' ? { VersionStage: which } : { VersionId: which.versionId };
        return (await run('GetSecretValue', version).catch(noVersion))?.SecretString;
      },
      putPending: async (_, ClientRequestToken, SecretString) => {
        await run('PutSecretValue', { ClientRequestToken, SecretString, VersionStages: ['AWSPENDING'] }).catch(
          rejected,
        );
      },
      moveCurrent: async (_, { from: RemoveFromVersionId, to: MoveToVersionId }) => {
        if (this.#mutant === 'a label that does not move' && this.read()) return;
        const move = { VersionStage: 'AWSCURRENT', RemoveFromVersionId, MoveToVersionId };
        await run('UpdateSecretVersionStage', move).catch(rejected);
      },
      removePending: async (_, RemoveFromVersionId) => {
        const removal = { VersionStage: 'AWSPENDING', RemoveFromVersionId };
        await run('UpdateSecretVersionStage', removal).catch(rejected);
      },
    };
  }
}

/** All steps in turn, until one fails or its process crashes. @returns whether they have been done */
export async function runAll(
  world: World,
  token: string,
  gate: (crash: () => void) => () => Promise<Fate>,
): Promise<boolean> {
  for (const name of stepNames) {
    const { promise: death, resolve: die } = Promise.withResolvers<false>();
    const isDone = await Promise.race([
      world.step(
        name,
        token,
        gate(() => die(false)),
      ),
      death,
    ]);
    if (!isDone) return false;
  }
  return true;
}

/** Does a request, or not, as its fate is. */
async function asked<Answer, Lost>(
  gate: Gate,
  request: Request,
  act: () => Answer,
  lost: () => Lost,
): Promise<Answer | Lost> {
  const fate = await gate(request);
  if (fate === 'crashBefore') return forever();
  if (fate === 'unsent') return told(gate, request, attempt(lost));
  const answer = attempt(act);
  if (fate === 'crashAfter') return forever();
  return told<Answer | Lost>(gate, request, fate === 'lost' ? attempt(lost) : answer);
}

function told<Told>(gate: Gate, request: Request, answer: () => Told): Told {
  try {
    const given = answer();
    gate.told?.(request, given);
    return given;
  } catch (error) {
    gate.told?.(request, String(error));
    throw error;
  }
}

function attempt<Answer>(act: () => Answer): () => Answer {
  try {
    const answer = act();
    return () => answer;
  } catch (error) {
    return () => {
      throw error;
    };
  }
}

const forever = () => new Promise<never>(() => {});

function unavailable(): never {
  throw new ApiError('503000', { why: 'lost' });
}

function noVersion(error: Error): undefined {
  if (error.name !== 'ResourceNotFoundException') throw error;
}

function rejected(why: Error): never {
  throw why instanceof ApiError ? why : new ApiError('503000', { why });
}
