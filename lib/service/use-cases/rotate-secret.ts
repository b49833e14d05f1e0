import { randomUUID } from 'node:crypto';
import type { KeyHandle } from '../../domain/api-key-id.ts';
import type { App, Change } from '../../domain/app.ts';
import { ApiError } from '../../domain/errors.ts';
import { type AppRef, formatApiKeyHrn, parseAppHrn } from '../../domain/hrn.ts';
import { isOldRecord, type RequestId } from '../../domain/idempotency.ts';
import { requireKey } from '../../domain/keys-of-app.ts';
import { fullStanding, requireAccess } from '../../domain/policy.ts';
import {
  abandonedKeys,
  endPredecessor,
  notAllowed,
  type PendingKey,
  pendingKeyOf,
  promote,
  withoutAbandoned,
} from '../../domain/scheduled-rotation.ts';
import { handleIn, overlapMsOf, parseSecretValue, type SecretValue } from '../../domain/secret-value.ts';
import { changeApp } from '../../store/change-app.ts';
import { getApp } from '../../store/get-app.ts';
import { type Deadline, timeLeft } from '../../store/settle.ts';
import type { SecretState, Secrets, Stage } from '../secrets-manager.ts';
import type { VerifyingService } from '../service.ts';
import { generate } from './generate.ts';

/** A change that a step made, under the name of the operation that would make it by hand. */
export interface RotationChange {
  readonly operation: 'generateApiKey' | 'deleteApiKey' | 'updateApiKey' | 'rotateSecret';
  readonly keyHrn: string;
  /** ms since the epoch */
  readonly expiresAt?: number;
}

/** A step of one rotation of one secret. */
export interface RotationCall extends VerifyingService {
  readonly secrets: Secrets;
  readonly deadline: Deadline;
  readonly secretId: string;
  /** ClientRequestToken: the ID of the new version */
  readonly token: string;
  /** the rotation, made of the secret and the token */
  readonly request: RequestId;
  /** who makes the keys: the secret */
  readonly by: string;
  readonly correlationId: string;
  /** is told which application the step is about */
  about(app: AppRef): void;
  /** is told of each change that was made */
  made(change: RotationChange): void;
}

/** `done`; or nothing was left to do, because the secret holds the new key already. */
export type StepOutcome = 'done' | 'already';

type Step = (call: RotationCall, state: SecretState) => Promise<void>;

/** The steps by which Secrets Manager rotates a secret, each of which may be repeated at any time. */
const steps = { createSecret, setSecret, testSecret, finishSecret } as const satisfies Record<string, Step>;
export type StepName = keyof typeof steps;
export const stepNames = Object.keys(steps) as StepName[];

/**
 * @throws ApiError 409306 when the rotation is not under way, or what the step demands does not hold
 * @throws ApiError 404660, 404666, 409303, 409305, 400337, 400200, 400201, 400288 or 503000
 */
export async function runStep(call: RotationCall, name: StepName): Promise<StepOutcome> {
  const { secrets, secretId, token, deadline } = call;
  const state = await secrets.describe(secretId, timeLeft(deadline, false));
  const labels = state.stages[token] ?? [];
  if (!state.isRotated) throw notAllowed('The rotation of the secret is switched off.', 'Switch the rotation on');
  if (labels.includes('AWSCURRENT')) {
    if (name === 'finishSecret') await endPrevious(call);
    return 'already';
  }
  if (!labels.includes('AWSPENDING'))
    throw notAllowed('The version has neither the label AWSPENDING nor AWSCURRENT.', 'Start another rotation');
  await steps[name](call, state);
  return 'done';
}

/** A key that was generated before is given again as it is, also when the key in use is gone since. */
const repeated: PendingKey = { wish: { name: 'Secrets Manager' }, besides: {} };

/** Generates the pending key and keeps it in the new version, unless the version holds one. */
async function createSecret(call: RotationCall): Promise<void> {
  if (await read(call, { versionId: call.token })) return;
  const value = await readCurrent(call);
  const before = await readPrevious(call);
  if (before) await endKeyBefore(call, value, before);
  const ref = refOf(call, value);
  const app = await dropAbandoned(call, ref, [handleIn(value), before && handleIn(before)]);
  const { by, request, correlationId } = call;
  const { wish, besides } = ownKey(call, app) ? repeated : pendingKeyOf(app, handleIn(value), call.by);
  const standing = () => fullStanding;
  const wanted = { app: ref, wish, besides, by, standing, correlationId, request, asked: {} };
  const { body, isReplayed } = await generate(call, wanted);
  if (!isReplayed) call.made({ operation: 'generateApiKey', keyHrn: body.apiKey });
  const text = JSON.stringify({ ...value, apiKeyId: body.apiKeyId, apiKey: body.apiKey } satisfies SecretValue);
  await call.secrets.putPending(call.secretId, call.token, text, timeLeft(call.deadline, true));
}

/** There is nothing to set: the application knows the pending key since it was generated. */
async function setSecret(call: RotationCall): Promise<void> {
  const { app, handle } = await requirePending(call);
  requireKey(await requireApp(call, app), handle);
}

/**
 * Verifies the pending key as the authorizer does, but for what depends on the request: addresses and pages. If the first
 * rotation is to begin later, Secrets Manager tries this step alone, with what the secret holds: perhaps no key yet.
 */
async function testSecret(call: RotationCall): Promise<void> {
  const value = await read(call, { versionId: call.token });
  if (value && value.apiKeyId === undefined) return void (await requireApp(call, refOf(call, value)));
  const { apiKeyId } = pendingIn(call, value);
  const { verification, restricted } = await call.verifier.check(apiKeyId);
  if (restricted) return;
  const reason = verification.valid ? 'restricted' : verification.reason;
  throw notAllowed(`The pending API key is not valid: ${reason}.`, 'See docs/rotation.md');
}

/** Puts the pending key into use; only then the key before it gets its end. */
async function finishSecret(call: RotationCall, { stages }: SecretState): Promise<void> {
  const { app, handle } = await requirePending(call);
  const isPromoted = await change(call, app, handle, 'rotateSecret', (found, { at }) => promote(found, handle, at));
  if (isPromoted) call.made({ operation: 'rotateSecret', keyHrn: hrnOf(call, app, handle) });
  const from = versionWith(stages, 'AWSCURRENT');
  if (from === undefined) throw notAllowed('The secret has no version AWSCURRENT.', 'Give the secret a value');
  await call.secrets.moveCurrent(call.secretId, { from, to: call.token }, timeLeft(call.deadline, true));
  await endPrevious(call);
}

async function endPrevious(call: RotationCall): Promise<void> {
  const value = await readCurrent(call);
  const before = await readPrevious(call);
  if (before) await endKeyBefore(call, value, before);
}

/** Gives the key of AWSPREVIOUS its end, if a rotation of this secret has replaced it. */
async function endKeyBefore(call: RotationCall, value: SecretValue, before: SecretValue): Promise<void> {
  const [from, to] = [handleIn(before), handleIn(value)];
  if (from === undefined || to === undefined || before.app !== value.app) return;
  const app = refOf(call, value);
  const end = call.deadline.now() + overlapMsOf(value);
  let expiresAt = end;
  const isEnded = await change(call, app, from, 'updateApiKey', (found) => {
    const ended = endPredecessor(found, { from, to, by: call.by, end });
    expiresAt = ended.keys[from]?.expiresAt ?? end;
    return ended;
  });
  if (isEnded) call.made({ operation: 'updateApiKey', keyHrn: hrnOf(call, app, from), expiresAt });
}

/**
 * Deletes the keys of rotations of this secret that were given up before they came into use.
 * @param inUse keys that the secret holds
 * @returns the application as it was before
 */
async function dropAbandoned(call: RotationCall, ref: AppRef, inUse: readonly (KeyHandle | undefined)[]): Promise<App> {
  const app = await requireApp(call, ref);
  const find = (found: App) => abandonedKeys(found, call.by, [...inUse, ownKey(call, found)]);
  for (const handle of find(app)) {
    const isDropped = await change(call, ref, handle, 'deleteApiKey', (found, made) =>
      withoutAbandoned(
        found,
        find(found).filter((abandoned) => abandoned === handle),
        made,
      ),
    );
    if (isDropped) call.made({ operation: 'deleteApiKey', keyHrn: hrnOf(call, ref, handle) });
  }
  return app;
}

/** @returns the key that this rotation has generated, if it is not too long ago to be repeated */
function ownKey({ request, deadline }: RotationCall, { requests }: App): KeyHandle | undefined {
  const record = requests[request.hash];
  return record && !isOldRecord(record, deadline.now()) ? record.handle : undefined;
}

/** @returns whether there was anything to change */
async function change(
  call: RotationCall,
  app: AppRef,
  handle: KeyHandle,
  action: RotationChange['operation'],
  edit: (app: App, change: Change) => App,
): Promise<boolean> {
  const { by, correlationId, deadline, table } = call;
  const keyHrn = hrnOf(call, app, handle);
  const made = { op: randomUUID(), at: deadline.now(), by, action, keyHrn, correlationId };
  const wanted = { app, standing: fullStanding, needed: 'write', change: made } as const;
  const changed = await changeApp(table, { ...wanted, edit: (found) => edit(found, made) }, deadline);
  return changed.lastChange.op === made.op;
}

async function requireApp({ table, deadline }: RotationCall, ref: AppRef): Promise<App> {
  const app = await getApp(table, ref.appId, deadline);
  requireAccess(app, ref, fullStanding, 'write');
  return app;
}

interface Pending {
  readonly apiKeyId: string;
  readonly app: AppRef;
  readonly handle: KeyHandle;
}

async function requirePending(call: RotationCall): Promise<Pending> {
  return pendingIn(call, await read(call, { versionId: call.token }));
}

/** @throws ApiError 409306 when the new version holds no key yet */
function pendingIn(call: RotationCall, value: SecretValue | undefined): Pending {
  const handle = value && handleIn(value);
  if (value?.apiKeyId === undefined || !handle)
    throw notAllowed('The version AWSPENDING holds no API key yet.', 'Run createSecret');
  return { apiKeyId: value.apiKeyId, app: refOf(call, value), handle };
}

async function readCurrent(call: RotationCall): Promise<SecretValue> {
  const value = await read(call, 'AWSCURRENT');
  if (!value) throw notAllowed('The secret has no version AWSCURRENT with a value.', 'Give the secret a value');
  return value;
}

/** @returns nothing for a value that is wrong, too: no rotation needs that one any more */
async function readPrevious(call: RotationCall): Promise<SecretValue | undefined> {
  try {
    return await read(call, 'AWSPREVIOUS');
  } catch (why) {
    if (isInvalid(why)) return undefined;
    throw why;
  }
}

function isInvalid(why: unknown): boolean {
  return why instanceof ApiError && ['400200', '400201'].includes(why.code);
}

async function read(
  { secrets, secretId, deadline }: RotationCall,
  which: Parameters<Secrets['read']>[1],
): Promise<SecretValue | undefined> {
  const text = await secrets.read(secretId, which, timeLeft(deadline, false));
  return text === undefined ? undefined : parseSecretValue(text);
}

function refOf({ settings, about }: RotationCall, { app }: SecretValue): AppRef {
  const ref = parseAppHrn(app, settings.partition);
  about(ref);
  return ref;
}

function hrnOf({ settings }: RotationCall, { realm }: AppRef, handle: KeyHandle): string {
  return formatApiKeyHrn(realm, handle, settings.partition);
}

function versionWith(stages: SecretState['stages'], stage: Stage): string | undefined {
  return Object.keys(stages).find((version) => stages[version]?.includes(stage));
}
