import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';
import { KMSClient } from '@aws-sdk/client-kms';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { type LocalSecretsManager, startLocalSecretsManager } from '../../infra/local/secrets-manager.ts';
import { handleOf, type KeyHandle } from '../../lib/domain/api-key-id.ts';
import type { App } from '../../lib/domain/app.ts';
import type { SecretValue } from '../../lib/domain/secret-value.ts';
import { type StepName, stepNames } from '../../lib/service/use-cases/rotate-secret.ts';
import { lambdaContext } from './events.ts';
import { interceptSends } from './intercept-sends.ts';
import { startService, type TestService } from './service.ts';
import type { SettingsParts } from './settings.ts';

type Stage = 'AWSCURRENT' | 'AWSPENDING' | 'AWSPREVIOUS';

/** The real rotation function, the real table, and a stand-in for Secrets Manager. */
export interface RotationService extends TestService {
  readonly manager: LocalSecretsManager;
  /** Creates a secret for an application, with a first key in it unless the value has none of its own. */
  secretOf(app: App, value?: object): RotatingSecret;
  /** Invokes the function. */
  invokeRotation(event: unknown, remainingMs?: number): Promise<void>;
}

/** A secret, and Secrets Manager's part in its rotation. */
export interface RotatingSecret {
  readonly arn: string;
  /** Starts a rotation, or goes on with it. @returns its token */
  begin(token?: string): string;
  step(name: StepName, token: string): Promise<void>;
  /** All steps, from the first on or from another. */
  run(token: string, from?: StepName): Promise<void>;
  /** A whole rotation. @returns its token */
  rotate(): Promise<string>;
  value(stage: Stage): SecretValue | undefined;
  handle(stage: Stage): KeyHandle | undefined;
  stages(): Record<string, string[]>;
  put(value: object | string): void;
  /** What an operator does to give a rotation up. */
  giveUp(token: string): void;
}

export async function startRotationService(settings: SettingsParts = {}): Promise<RotationService> {
  const manager = await startLocalSecretsManager();
  const service = await startService(settings, { AWS_ENDPOINT_URL_SECRETS_MANAGER: manager.endpoint });
  const { handler } = await import('../../functions/rotate-secret.ts');
  const invokeRotation: RotationService['invokeRotation'] = (event, remainingMs) =>
    handler(event, lambdaContext(remainingMs));
  const secretOf = (app: App, value: object = {}) => {
    const SecretString = JSON.stringify({ app: `hrn:here:account::${app.realm}:app/${app.appId}`, ...value });
    const { ARN } = manager.run('CreateSecret', { Name: `${app.appId}/${randomUUID()}`, SecretString }) as {
      ARN: string;
    };
    return openSecret(manager, ARN, invokeRotation);
  };
  return { ...service, manager, secretOf, invokeRotation };
}

function openSecret(
  manager: LocalSecretsManager,
  arn: string,
  invoke: (event: unknown) => Promise<void>,
): RotatingSecret {
  const of = { SecretId: arn };
  const valueAt = (stage: Stage): SecretValue | undefined => {
    try {
      return JSON.parse(
        (manager.run('GetSecretValue', { ...of, VersionStage: stage }) as { SecretString: string }).SecretString,
      );
    } catch {
      return undefined;
    }
  };
  const secret: RotatingSecret = {
    arn,
    begin(token = randomUUID()) {
      manager.run('RotateSecret', { ...of, ClientRequestToken: token });
      return token;
    },
    step: (Step, ClientRequestToken) => invoke({ Step, ClientRequestToken, ...of }),
    async run(token, from = 'createSecret') {
      for (const name of stepNames.slice(stepNames.indexOf(from))) await secret.step(name, token);
    },
    async rotate() {
      const token = secret.begin();
      await secret.run(token);
      return token;
    },
    value: valueAt,
    handle(stage) {
      const apiKeyId = valueAt(stage)?.apiKeyId;
      return apiKeyId === undefined ? undefined : handleOf(apiKeyId);
    },
    stages: () =>
      (manager.run('DescribeSecret', of) as { VersionIdsToStages: Record<string, string[]> }).VersionIdsToStages,
    put(value) {
      const SecretString = typeof value === 'string' ? value : JSON.stringify(value);
      manager.run('PutSecretValue', { ...of, SecretString });
    },
    giveUp(token) {
      manager.run('UpdateSecretVersionStage', { ...of, VersionStage: 'AWSPENDING', RemoveFromVersionId: token });
    },
  };
  return secret;
}

/** What happens to one request of the function. `crash…`: the process ends there. `lost`: only its answer is. */
export const faults = ['crashBefore', 'crashAfter', 'lost', 'unsent'] as const;
export type Fault = (typeof faults)[number];

interface Process {
  isDead: boolean;
  readonly die: () => void;
}

/** Requests to DynamoDB, KMS and Secrets Manager, counted from 0, of which one or more go wrong: those that `attempt` sends. */
export function faultyRequests(): {
  /** Runs something in a process that ends at the first crash. @returns whether it came to its end without an error */
  attempt(work: () => Promise<unknown>): Promise<boolean>;
  /** @param at of each fault, the number of the request, counted from here */
  plan(at: ReadonlyMap<number, Fault>): void;
  count(): number;
  stop(): void;
} {
  let requests = 0;
  let planned: ReadonlyMap<number, Fault> = new Map();
  const processes = new AsyncLocalStorage<Process>();
  const never = () => new Promise<never>(() => {});
  const crash = (process: Process) => {
    process.isDead = true;
    process.die();
    return never();
  };
  const restore = interceptSends(
    (send) =>
      async function (...args) {
        const process = processes.getStore();
        if (!process) return send.apply(this, args);
        if (process.isDead) return never();
        const fault = planned.get(requests);
        requests += 1;
        if (fault === 'crashBefore') return crash(process);
        if (fault === 'unsent') throw timeOut();
        const [answer] = await Promise.allSettled([send.apply(this, args)]);
        if (fault === 'crashAfter') return crash(process);
        if (fault === 'lost') throw timeOut();
        if (answer.status === 'rejected') throw answer.reason;
        return answer.value;
      },
    [KMSClient, SecretsManagerClient],
  );
  return {
    attempt(work) {
      const { promise: death, resolve: die } = Promise.withResolvers<void>();
      const done = processes.run({ isDead: false, die }, work).then(
        () => true,
        () => false,
      );
      return Promise.race([done, death.then(() => false)]);
    },
    plan(at) {
      requests = 0;
      planned = at;
    },
    count: () => requests,
    stop: restore,
  };
}

function timeOut(): Error {
  return Object.assign(new Error('no answer'), { name: 'TimeoutError' });
}
