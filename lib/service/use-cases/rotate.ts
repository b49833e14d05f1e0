import { formatNewApiKey } from '../../domain/api-key.ts';
import type { KeyHandle } from '../../domain/api-key-id.ts';
import type { App } from '../../domain/app.ts';
import { ApiError } from '../../domain/errors.ts';
import { formatApiKeyHrn } from '../../domain/hrn.ts';
import { type RequestId, repeatable } from '../../domain/idempotency.ts';
import { requireKey } from '../../domain/keys-of-app.ts';
import { expiryFault } from '../../domain/lifetime.ts';
import { callerRightsOn } from '../../domain/policy.ts';
import { completeRotationInput, type RotationInput, withSuccessor } from '../../domain/rotation.ts';
import { endOfPredecessor } from '../../domain/taken-away.ts';
import { changeApp } from '../../store/change-app.ts';
import { lifetimeOf, sweepRulesOf } from '../settings.ts';
import { type ChangingCall, newChange } from './change.ts';
import { answeredBefore, type NewApiKey, replay } from './generate.ts';
import { makeSecret } from './secret.ts';

/** A new key. `end` is when the old key ends, in ms since the epoch; undefined if its end was removed since. */
export interface Successor extends NewApiKey {
  readonly end: number | undefined;
}

/**
 * Rotates an API key: a successor, and the old key's end, in one write.
 * @param from undefined if the path names no key
 * @throws ApiError as `changeApp` and `withSuccessor` do
 */
export async function rotate(
  call: ChangingCall,
  from: KeyHandle | undefined,
  input: RotationInput,
  id: RequestId | undefined,
): Promise<Successor> {
  const { app: ref, settings, table, deadline } = call;
  const complete = completeRotationInput(input);
  const request = id && repeatable(id, complete);
  const callerRights = () => callerRightsOn(ref, call.caller, settings.partition);
  const now = deadline.now();
  const lifetime = lifetimeOf(settings, ref.realm);
  const fault = expiryFault(input.expiresAt, now, lifetime);
  const { answered } = await answeredBefore(call, { app: ref, callerRights, request }, fault);
  const withEnd = (app: App, key: NewApiKey) => ({ ...key, end: from && endOfPredecessor(app, from, deadline.now()) });
  if (answered) return withEnd(answered.app, await replay(call, { app: ref, request }, answered));
  const { apiKeyId, handle, record } = await makeSecret(
    { prefix: settings.keys.prefix, appId: ref.appId, now },
    request,
    call,
  );
  const rotatedFrom = from && { rotatedFrom: formatApiKeyHrn(ref.realm, from, settings.partition) };
  const made = { ...newChange(call, handle), ...rotatedFrom };
  const rotation = {
    to: handle,
    input: complete,
    by: call.caller.principal,
    op: made.op,
    now,
    maxKeys: settings.keys.maxPerApp,
    lifetime,
  };
  const app = await changeApp(
    table,
    {
      app: ref,
      callerRights: callerRights(),
      needed: 'write',
      change: made,
      rules: sweepRulesOf(settings, ref.realm),
      makes: handle,
      edit: (found) => {
        if (from === undefined) throw new ApiError('404666');
        return withSuccessor(found, { ...rotation, from, request, record });
      },
    },
    deadline,
  );
  const replayed = request && app.requests[request.hash];
  if (replayed && replayed.handle !== handle) {
    const added = { key: requireKey(app, replayed.handle), handle: replayed.handle, replayed };
    return withEnd(app, await replay(call, { app: ref, request }, added));
  }
  const body = formatNewApiKey(apiKeyId, handle, requireKey(app, handle), ref, settings.partition);
  return withEnd(app, { body, isReplayed: false });
}
