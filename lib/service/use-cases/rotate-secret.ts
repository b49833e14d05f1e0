import { randomUUID } from 'node:crypto';
import type { KeyHandle } from '../../domain/api-key-id.ts';
import type { App, Change } from '../../domain/app.ts';
import { ApiError } from '../../domain/errors.ts';
import { type AppRef, formatApiKeyHrn, parseAppHrn } from '../../domain/hrn.ts';
import { isOldRecord, type RequestId } from '../../domain/idempotency.ts';
import { requireKey } from '../../domain/keys-of-app.ts';
import { fullRights, requireAccess } from '../../domain/policy.ts';
import {
  abandonedKeys,
  endPredecessor,
  firstInput,
  inUse,
  notAllowed,
  type PendingKey,
  pendingKeyOf,
  predecessorOf,
  promote,
  requireSameBasis,
  type Succession,
  withoutAbandoned,
} from '../../domain/scheduled-rotation.ts';
import { handleIn, overlapMsOf, parseSecretValue, type SecretValue } from '../../domain/secret-value.ts';
import { changeApp } from '../../store/change-app.ts';
import { getApp } from '../../store/get-app.ts';
import { type Deadline, timeLeft } from '../../store/settle.ts';
import type { SecretState, Secrets, Stage } from '../secrets-manager.ts';
import type { VerifyingService } from '../service.ts';
import { sweepRulesOf } from '../settings.ts';
import { generate } from './generate.ts';

/** A change by a step, under the name of the operation that would make it by hand. */
export interface RotationChange {
  readonly operation: 'generateApiKey' | 'deleteApiKey' | 'updateApiKey' | 'rotateSecret';
  readonly keyHrn: string;
  /** In ms since the epoch. */
  readonly expiresAt?: number;
}

/** A step of one rotation of one secret. */
export interface RotationCall extends VerifyingService {
  readonly secrets: Secrets;
  readonly deadline: Deadline;
  readonly secretId: string;
  /** ClientRequestToken: the ID of the new version. */
  readonly token: string;
  /** The rotation, identified by the secret and the token. */
  readonly request: RequestId;
  /** The secret, as the creator of the keys. */
  readonly by: string;
  readonly correlationId: string;
  /** Called with the application of the step. */
  about(app: AppRef): void;
  /** Called with each change that was made. */
  made(change: RotationChange): void;
}

/** `already`: nothing was left to do, because the secret already has the new key. */
export type StepOutcome = 'done' | 'already';

type Step = (call: RotationCall, state: SecretState) => Promise<void>;

/** The steps in which Secrets Manager rotates a secret. Each of them can be repeated at any time. */
const steps = { createSecret, setSecret, testSecret, finishSecret } as const satisfies Record<string, Step>;
export type StepName = keyof typeof steps;
export const stepNames = Object.keys(steps) as StepName[];

/**
 * @throws ApiError 409306 if the rotation is not in progress, or a condition of the step does not hold
 * @throws ApiError 404660, 404666, 409303, 409305, 400337, 400200, 400201, 400288 or 503000
 */
export async function runStep(call: RotationCall, name: StepName): Promise<StepOutcome> {
  const { secrets, secretId, token, deadline } = call;
  const state = await secrets.describe(secretId, timeLeft(deadline, false));
  const labels = state.stages[token] ?? [];
  if (!state.isRotated) throw notAllowed('The rotation of the secret is switched off. Switch it on.');
  if (labels.includes('AWSCURRENT')) {
    if (name !== 'finishSecret') return 'already';
    await settleLabels(call, state);
    await catchUp(call, await readCurrent(call));
    return 'already';
  }
  if (!labels.includes('AWSPENDING'))
    throw notAllowed('The version has neither the label AWSPENDING nor AWSCURRENT. Start another rotation.');
  await steps[name](call, state);
  return 'done';
}

/** A key that was generated before is returned as it is, even if the key in use is gone since. */
const repeated: PendingKey = { input: firstInput, besides: {} };

/** Generates the pending key and puts it into the new version, unless the version has one. */
async function createSecret(call: RotationCall): Promise<void> {
  const own = await read(call, { versionId: call.token });
  if (own) return void pendingIn(call, own);
  const value = await readCurrent(call);
  const before = await readPrevious(call);
  const app = await catchUp(call, value, before);
  const ref = refOf(call, value);
  const { input, besides } = ownKey(call, app) ? repeated : pendingKeyOf(app, handleIn(value), call.by);
  await dropAbandoned(call, ref, app, [handleIn(value), before && handleIn(before)]);
  const { by, request, correlationId } = call;
  const callerRights = () => fullRights;
  const wanted = { app: ref, input, besides, by, callerRights, correlationId, request, asked: {} };
  const { body, isReplayed } = await generate(call, wanted);
  if (!isReplayed) call.made({ operation: 'generateApiKey', keyHrn: body.apiKey });
  const text = JSON.stringify({ ...value, apiKeyId: body.apiKeyId, apiKey: body.apiKey } satisfies SecretValue);
  await call.secrets.putPending(call.secretId, call.token, text, timeLeft(call.deadline, true));
}

/** There is nothing to set: the application has the pending key since it was generated. */
async function setSecret(call: RotationCall): Promise<void> {
  const { app, handle } = await requirePending(call);
  requireKey(await requireApp(call, app), handle);
}

/**
 * Verifies the pending key like the authorizer, except for addresses and pages, which depend on the request. If the
 * first rotation begins later, Secrets Manager tests this step alone, with a secret that may have no key yet.
 */
async function testSecret(call: RotationCall): Promise<void> {
  const value = await read(call, { versionId: call.token });
  if (value && value.apiKeyId === undefined) return void (await requireApp(call, refOf(call, value)));
  const { apiKeyId } = pendingIn(call, value);
  const { verification, restricted } = await call.verifier.check(apiKeyId);
  if (restricted) return;
  const reason = verification.valid ? 'restricted' : verification.reason;
  throw notAllowed(`The pending API key is not valid: ${reason}. See docs/rotation.md.`);
}

/** Puts the pending key into use. Only then the previous key gets its end. */
async function finishSecret(call: RotationCall, { stages }: SecretState): Promise<void> {
  const { value, app, handle } = await requirePending(call);
  const from = versionWith(stages, 'AWSCURRENT');
  const replaced = from === undefined ? undefined : await read(call, { versionId: from });
  if (from === undefined || !replaced) throw withoutCurrent();
  requireSameBasis(replaced, value);
  const before = handleIn(replaced);
  await change(call, app, handle, 'rotateSecret', (found, { at }) => promote(found, handle, before, at));
  await call.secrets.moveCurrent(call.secretId, { from, to: call.token }, timeLeft(call.deadline, true));
  const moved = await call.secrets.describe(call.secretId, timeLeft(call.deadline, false));
  await settleLabels(call, moved);
  // Somebody may have moved the label back at once.
  const isInUse = versionWith(moved.stages, 'AWSCURRENT') === call.token;
  if (before && isInUse) await endKeyBefore(call, value, before, { to: handle, current: handle, by: call.by });
}

/**
 * Removes AWSPENDING from the version in use. Secrets Manager can leave it there. It would then take the rotation for
 * one in progress as soon as another version is in use.
 * @see https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_RotateSecret.html
 */
async function settleLabels(call: RotationCall, { stages }: SecretState): Promise<void> {
  if ((stages[call.token] ?? []).includes('AWSPENDING'))
    await call.secrets.removePending(call.secretId, call.token, timeLeft(call.deadline, true));
}

/**
 * Does what remains to be done for keys that are or were in use, after an aborted step or a change by hand.
 * @param before the value of AWSPREVIOUS
 * @returns the application as it was before
 */
async function catchUp(call: RotationCall, value: SecretValue, before?: SecretValue): Promise<App> {
  const ref = refOf(call, value);
  const app = await requireApp(call, ref);
  const current = handleIn(value);
  const held = [current, before?.app === value.app ? handleIn(before) : undefined].filter(
    (handle) => handle !== undefined,
  );
  for (const to of held) {
    if (inUse(app, to, call.by) !== app)
      await change(call, ref, to, 'rotateSecret', (found) => inUse(found, to, call.by));
    const succession = { to, current, by: call.by };
    const from = predecessorOf(app, succession);
    if (from) await endKeyBefore(call, value, from, succession);
  }
  return app;
}

/** Gives a key its end, if a rotation of this secret has replaced it. */
async function endKeyBefore(
  call: RotationCall,
  value: SecretValue,
  from: KeyHandle,
  succession: Succession,
): Promise<void> {
  const end = call.deadline.now() + overlapMsOf(value);
  await change(call, refOf(call, value), from, 'updateApiKey', (found) => endPredecessor(found, succession, end));
}

/**
 * Deletes the keys of abandoned rotations of this secret, which were never in use.
 * @param kept keys that the secret contains
 */
async function dropAbandoned(
  call: RotationCall,
  ref: AppRef,
  app: App,
  kept: readonly (KeyHandle | undefined)[],
): Promise<void> {
  const find = (found: App) => abandonedKeys(found, call.by, [...kept, ownKey(call, found)]);
  for (const handle of find(app)) {
    await change(call, ref, handle, 'deleteApiKey', (found, made) =>
      withoutAbandoned(
        found,
        find(found).filter((abandoned) => abandoned === handle),
        made,
      ),
    );
  }
}

/** @returns the key that this rotation has generated, while the rotation can still be repeated */
function ownKey({ request, deadline }: RotationCall, { requests }: App): KeyHandle | undefined {
  const record = requests[request.hash];
  return record && !isOldRecord(record, deadline.now()) ? record.handle : undefined;
}

/** Changes a key, and reports the change if there was one. */
async function change(
  call: RotationCall,
  app: AppRef,
  handle: KeyHandle,
  action: RotationChange['operation'],
  edit: (app: App, change: Change) => App,
): Promise<void> {
  const { by, correlationId, deadline, table, settings } = call;
  const keyHrn = hrnOf(call, app, handle);
  const made = { op: randomUUID(), at: deadline.now(), by, action, keyHrn, correlationId };
  const wanted = { app, callerRights: fullRights, needed: 'write', change: made } as const;
  const change = { ...wanted, rules: sweepRulesOf(settings, app.realm), edit: (found: App) => edit(found, made) };
  const { lastChange, keys } = await changeApp(table, change, deadline);
  if (lastChange.op !== made.op) return;
  const expiresAt = action === 'updateApiKey' ? keys[handle]?.expiresAt : undefined;
  call.made({ operation: action, keyHrn, ...(expiresAt !== undefined && { expiresAt }) });
}

async function requireApp({ table, deadline }: RotationCall, ref: AppRef): Promise<App> {
  const app = await getApp(table, ref.appId, deadline);
  requireAccess(app, ref, fullRights, 'write');
  return app;
}

interface Pending {
  readonly value: SecretValue;
  readonly apiKeyId: string;
  readonly app: AppRef;
  readonly handle: KeyHandle;
}

async function requirePending(call: RotationCall): Promise<Pending> {
  return pendingIn(call, await read(call, { versionId: call.token }));
}

/** @throws ApiError 409306 if the new version has no key */
function pendingIn(call: RotationCall, value: SecretValue | undefined): Pending {
  if (!value) throw notAllowed('The version AWSPENDING has no value yet. Run createSecret.');
  const handle = handleIn(value);
  if (value.apiKeyId === undefined || !handle)
    throw notAllowed('The value of the version AWSPENDING has no API key. Give the rotation up.');
  return { value, apiKeyId: value.apiKeyId, app: refOf(call, value), handle };
}

async function readCurrent(call: RotationCall): Promise<SecretValue> {
  const value = await read(call, 'AWSCURRENT');
  if (!value) throw withoutCurrent();
  return value;
}

function withoutCurrent(): ApiError {
  return notAllowed('The secret has no version AWSCURRENT with a value. Give the secret a value.');
}

/** @returns nothing also for an invalid value, because no rotation needs it any more */
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
  try {
    const ref = parseAppHrn(app, settings.partition);
    about(ref);
    return ref;
  } catch {
    throw new ApiError('400288', { cause: '`app` in the value of the secret is not the HRN of an application.' });
  }
}

function hrnOf({ settings }: RotationCall, { realm }: AppRef, handle: KeyHandle): string {
  return formatApiKeyHrn(realm, handle, settings.partition);
}

function versionWith(stages: SecretState['stages'], stage: Stage): string | undefined {
  return Object.keys(stages).find((version) => stages[version]?.includes(stage));
}
