import {
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';
import { formatWhy } from '../base/log.ts';
import { withinMs } from '../base/time-limit.ts';
import { ApiError } from '../domain/errors.ts';
import { bothAttemptsMs, twoAttempts } from './two-attempts.ts';

/** Labels of a version of a secret. */
export type Stage = 'AWSCURRENT' | 'AWSPENDING' | 'AWSPREVIOUS';

/** What Secrets Manager tells about a secret, without its values. */
export interface SecretState {
  /** False after somebody has switched the rotation off. */
  readonly isRotated: boolean;
  /** The labels of each version that has any. */
  readonly stages: Readonly<Record<string, readonly string[]>>;
}

/**
 * The secrets of the account, as far as a rotation needs them. Each call ends after `withinMs`.
 * @throws ApiError 503000 if Secrets Manager rejects a request, or does not respond in time
 */
export interface Secrets {
  describe(secretId: string, withinMs: number): Promise<SecretState>;
  /** @returns undefined if there is no such version, or it has no value yet */
  read(secretId: string, which: Stage | { readonly versionId: string }, withinMs: number): Promise<string | undefined>;
  /** A second call with the same value does nothing. */
  putPending(secretId: string, versionId: string, value: string, withinMs: number): Promise<void>;
  /** Is rejected if the label is no longer at `from`. The version `from` becomes AWSPREVIOUS. */
  moveCurrent(secretId: string, move: { readonly from: string; readonly to: string }, withinMs: number): Promise<void>;
  /** Removes the label AWSPENDING from a version that has it. */
  removePending(secretId: string, versionId: string, withinMs: number): Promise<void>;
}

/**
 * Removed from messages, which are logged: the ID of a version is the token of a rotation, from which its key can be
 * computed. AWS uses UUIDs, and Terraform such names.
 */
const versionIds = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|terraform-[0-9a-f]{20,}/gi;

/** Nothing is opened before the first use. */
export function openSecrets(): Secrets {
  let client: SecretsManagerClient | undefined;
  const ask = async <Answer>(
    leftMs: number,
    send: (client: SecretsManagerClient, abortSignal: AbortSignal) => Promise<Answer>,
  ): Promise<Answer> => {
    client ??= new SecretsManagerClient(twoAttempts);
    const open = client;
    try {
      return await withinMs(Math.min(leftMs, bothAttemptsMs), (abortSignal) => send(open, abortSignal));
    } catch (thrown) {
      const why = formatWhy(thrown)?.replace(versionIds, '…');
      throw new ApiError('503000', { why, cause: 'Secrets Manager rejected a request, or did not respond in time.' });
    }
  };
  return {
    async describe(SecretId, leftMs) {
      const command = new DescribeSecretCommand({ SecretId });
      const { RotationEnabled, VersionIdsToStages = {} } = await ask(leftMs, (open, abortSignal) =>
        open.send(command, { abortSignal }),
      );
      return { isRotated: RotationEnabled !== false, stages: VersionIdsToStages };
    },
    async read(SecretId, which, leftMs) {
      const version = typeof which === 'string' ? { VersionStage: which } : { VersionId: which.versionId };
      const command = new GetSecretValueCommand({ SecretId, ...version });
      const found = await ask(leftMs, (open, abortSignal) => open.send(command, { abortSignal }).catch(noVersion));
      return found?.SecretString;
    },
    async putPending(SecretId, ClientRequestToken, SecretString, leftMs) {
      const VersionStages = ['AWSPENDING' satisfies Stage];
      const command = new PutSecretValueCommand({ SecretId, ClientRequestToken, SecretString, VersionStages });
      await ask(leftMs, (open, abortSignal) => open.send(command, { abortSignal }));
    },
    async moveCurrent(SecretId, { from: RemoveFromVersionId, to: MoveToVersionId }, leftMs) {
      const VersionStage = 'AWSCURRENT' satisfies Stage;
      const command = new UpdateSecretVersionStageCommand({
        SecretId,
        VersionStage,
        RemoveFromVersionId,
        MoveToVersionId,
      });
      await ask(leftMs, (open, abortSignal) => open.send(command, { abortSignal }));
    },
    async removePending(SecretId, RemoveFromVersionId, leftMs) {
      const VersionStage = 'AWSPENDING' satisfies Stage;
      const command = new UpdateSecretVersionStageCommand({ SecretId, VersionStage, RemoveFromVersionId });
      await ask(leftMs, (open, abortSignal) => open.send(command, { abortSignal }));
    },
  };
}

/** @throws anything but the response that there is no such version */
function noVersion(why: unknown): undefined {
  if ((why as Error).name !== 'ResourceNotFoundException') throw why;
}
