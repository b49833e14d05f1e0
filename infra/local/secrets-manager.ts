import { randomInt, randomUUID } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { account, region } from './functions.ts';
import { forOwnHosts } from './own-hosts.ts';
import { listen, loopback } from './ports.ts';

interface Version {
  value?: string;
  stages: string[];
}

interface Secret {
  readonly ARN: string;
  readonly Name: string;
  /** missing if the secret was never rotated */
  isRotated?: boolean;
  isDeleted: boolean;
  readonly versions: Record<string, Version>;
}

/** The fields of a request that this stand-in reads. */
interface Input {
  readonly Name?: string;
  readonly SecretId?: string;
  readonly SecretString?: string;
  readonly ClientRequestToken?: string;
  readonly VersionId?: string;
  readonly VersionStage?: string;
  readonly VersionStages?: readonly string[];
  readonly RemoveFromVersionId?: string;
  readonly MoveToVersionId?: string;
}

type ErrorName =
  | 'InvalidParameterException'
  | 'InvalidRequestException'
  | 'ResourceExistsException'
  | 'ResourceNotFoundException'
  | 'UnknownOperationException';

class Rejection extends Error {
  constructor(name: ErrorName, message: string) {
    super(message);
    this.name = name;
  }
}

/**
 * Runs an operation without a request.
 * @throws Error with the name and message of the error response
 */
export type RunOperation = (operation: string, input: Input) => object;

/**
 * A stand-in for Secrets Manager, without its schedule. The client that starts a rotation invokes the rotation
 * function.
 */
export type LocalSecretsManager = {
  endpoint: string;
  run: RunOperation;
  stop: () => void;
};

/** Serves the operations that a rotation needs, on the given port or a free port of the loopback address. */
export async function startLocalSecretsManager({
  port: wanted,
  file,
}: {
  port?: number;
  file?: string;
} = {}): Promise<LocalSecretsManager> {
  const run = openLocalSecrets(file);
  const server = createServer(async (request, response) => {
    const { status, body } = await answer(request, run);
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(body));
  });
  const port = await listen(forOwnHosts(server), wanted);
  server.unref();
  return { endpoint: `http://${loopback}:${port}`, run, stop: () => void server.close().closeAllConnections() };
}

/** @param file the file that stores the secrets (mode 0600); without it, the secrets are in memory */
export function openLocalSecrets(file?: string): RunOperation {
  const secrets = new Map(Object.entries(readSecrets(file)));
  return (operation, input) => {
    const result = operationNamed(operation)(secrets, input);
    if (file !== undefined) writeFileSync(file, JSON.stringify(Object.fromEntries(secrets)), { mode: 0o600 });
    return result;
  };
}

function readSecrets(file: string | undefined): Record<string, Secret> {
  try {
    return file === undefined ? {} : JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return {}; // There is no file yet.
  }
}

async function answer(request: IncomingMessage, run: RunOperation): Promise<{ status: number; body: object }> {
  const target = String(request.headers['x-amz-target']);
  try {
    return { status: 200, body: run(target.replace('secretsmanager.', ''), JSON.parse(await text(request))) };
  } catch (error) {
    const { name, message } = error as Error;
    return { status: 400, body: { __type: name, Message: message } };
  }
}

type Operation = (secrets: Map<string, Secret>, input: Input) => object;

function operationNamed(name: string): Operation {
  const operation = Object.hasOwn(operations, name) ? operations[name] : undefined;
  if (!operation) throw new Rejection('UnknownOperationException', `${name} is not supported here.`);
  return operation;
}

/** @see https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_Operations.html */
const operations: Readonly<Record<string, Operation>> = {
  CreateSecret(secrets, { Name = '', SecretString, ClientRequestToken = randomUUID() }) {
    if (secrets.has(Name)) throw new Rejection('ResourceExistsException', `The secret ${Name} already exists.`);
    const ARN = `arn:aws:secretsmanager:${region}:${account}:secret:${Name}-${suffix()}`;
    const versions = { [ClientRequestToken]: { stages: ['AWSCURRENT'], ...(SecretString && { value: SecretString }) } };
    secrets.set(Name, { ARN, Name, isDeleted: false, versions });
    return { ARN, Name, VersionId: ClientRequestToken };
  },

  DescribeSecret(secrets, input) {
    const { ARN, Name, isRotated, isDeleted, versions } = find(secrets, input);
    const labelled = Object.entries(versions).filter(([, { stages }]) => stages.length > 0);
    const VersionIdsToStages = Object.fromEntries(labelled.map(([id, { stages }]) => [id, stages]));
    return { ARN, Name, RotationEnabled: isRotated, VersionIdsToStages, ...(isDeleted && { DeletedDate: 1 }) };
  },

  ListSecretVersionIds(secrets, input) {
    const { ARN, Name, versions } = find(secrets, input);
    const Versions = Object.entries(versions).map(([VersionId, { stages }]) => ({ VersionId, VersionStages: stages }));
    return { ARN, Name, Versions: Versions.filter(({ VersionStages }) => VersionStages.length > 0) };
  },

  GetSecretValue(secrets, input) {
    const { ARN, Name, versions } = findLive(secrets, input);
    const { VersionId, VersionStage = VersionId === undefined ? 'AWSCURRENT' : undefined } = input;
    const isAsked = ([id, { stages }]: [string, Version]) =>
      (VersionId === undefined || id === VersionId) && (VersionStage === undefined || stages.includes(VersionStage));
    const [id, version] = Object.entries(versions).find(isAsked) ?? [];
    if (version?.value === undefined)
      throw new Rejection('ResourceNotFoundException', "Secrets Manager can't find the specified secret value.");
    return { ARN, Name, VersionId: id, SecretString: version.value, VersionStages: version.stages };
  },

  PutSecretValue(secrets, input) {
    const secret = findLive(secrets, input);
    const { ClientRequestToken: id = randomUUID(), SecretString, VersionStages = ['AWSCURRENT'] } = input;
    const existing = secret.versions[id]?.value;
    if (existing !== undefined && existing !== SecretString)
      throw new Rejection('ResourceExistsException', `The version ${id} has another value already.`);
    if (existing === undefined) {
      secret.versions[id] = { stages: [], ...secret.versions[id], ...(SecretString && { value: SecretString }) };
      for (const stage of VersionStages) attach(secret, stage, id);
    }
    return { ARN: secret.ARN, Name: secret.Name, VersionId: id, VersionStages: secret.versions[id]?.stages };
  },

  UpdateSecretVersionStage(secrets, input) {
    const secret = findLive(secrets, input);
    const { VersionStage: stage = '', RemoveFromVersionId: from, MoveToVersionId: to } = input;
    const holder = holderOf(secret, stage);
    if (holder !== from)
      throw new Rejection('InvalidParameterException', `${stage} is at version ${holder}, not at ${from}.`);
    if (to === undefined && stage === 'AWSCURRENT')
      throw new Rejection('InvalidParameterException', 'AWSCURRENT can only be moved to another version.');
    if (to !== undefined && !secret.versions[to])
      throw new Rejection('ResourceNotFoundException', 'There is no version to move the label to.');
    if (to === undefined) detach(secret, stage);
    else attach(secret, stage, to);
    return { ARN: secret.ARN, Name: secret.Name };
  },

  /** Labels the new version AWSPENDING. The client then invokes the function with each step. */
  RotateSecret(secrets, input) {
    const secret = findLive(secrets, input);
    const { ClientRequestToken: id = randomUUID() } = input;
    const pending = holderOf(secret, 'AWSPENDING');
    const isUnderWay = pending !== undefined && pending !== holderOf(secret, 'AWSCURRENT');
    if (isUnderWay && pending !== id)
      throw new Rejection(
        'InvalidRequestException',
        "A previous rotation isn't complete. That rotation will be reattempted.",
      );
    secret.isRotated = true;
    secret.versions[id] ??= { stages: [] };
    attach(secret, 'AWSPENDING', id);
    return { ARN: secret.ARN, Name: secret.Name, VersionId: id };
  },

  CancelRotateSecret(secrets, input) {
    const secret = findLive(secrets, input);
    secret.isRotated = false;
    return { ARN: secret.ARN, Name: secret.Name };
  },

  DeleteSecret(secrets, input) {
    const secret = find(secrets, input);
    secret.isDeleted = true;
    return { ARN: secret.ARN, Name: secret.Name };
  },

  RestoreSecret(secrets, input) {
    const secret = find(secrets, input);
    secret.isDeleted = false;
    return { ARN: secret.ARN, Name: secret.Name };
  },
};

function suffix(): string {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
  return Array.from({ length: 6 }, () => letters.charAt(randomInt(letters.length))).join('');
}

function find(secrets: Map<string, Secret>, { SecretId }: Input): Secret {
  const secret = [...secrets.values()].find(({ ARN, Name }) => SecretId === ARN || SecretId === Name);
  if (!secret) throw new Rejection('ResourceNotFoundException', "Secrets Manager can't find the specified secret.");
  return secret;
}

function findLive(secrets: Map<string, Secret>, input: Input): Secret {
  const secret = find(secrets, input);
  if (secret.isDeleted)
    throw new Rejection(
      'InvalidRequestException',
      "You can't perform this operation on the secret because it was marked for deletion.",
    );
  return secret;
}

function holderOf({ versions }: Secret, stage: string): string | undefined {
  return Object.keys(versions).find((id) => versions[id]?.stages.includes(stage));
}

function detach({ versions }: Secret, stage: string): void {
  for (const version of Object.values(versions)) version.stages = version.stages.filter((other) => other !== stage);
}

/**
 * At most one version has a label. The version that loses AWSCURRENT gets AWSPREVIOUS. The version that gets AWSCURRENT
 * keeps AWSPENDING, as can happen in AWS.
 */
function attach(secret: Secret, stage: string, id: string): void {
  const before = holderOf(secret, stage);
  if (before === id) return;
  detach(secret, stage);
  secret.versions[id]?.stages.push(stage);
  if (stage !== 'AWSCURRENT') return;
  if (before !== undefined) attach(secret, 'AWSPREVIOUS', before);
}
