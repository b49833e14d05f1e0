import type { KeyHandle } from '../../domain/api-key-id.ts';
import type { App } from '../../domain/app.ts';
import { formatAppHrn, formatRealmHrn } from '../../domain/hrn.ts';
import { leaked } from '../../domain/leaked-key.ts';

/** The event of a change: who did what to which application or key, and when. */
export interface ChangeEvent {
  /** `{appId}#{rev}`: the same for every delivery of the same change. */
  readonly id: string;
  /** In ms since the epoch. */
  readonly time: number;
  readonly action: string;
  readonly principal: string;
  readonly app: string;
  readonly realm: string;
  readonly apiKey?: string;
  /** The key that a rotation ends. */
  readonly rotatedFrom?: string;
  /** For a reported key: whether the report has disabled it. */
  readonly disabled?: boolean;
  readonly correlationId: string;
}

/** @returns the event of an application's last change */
export function changeEventOf(app: App, partition: string): ChangeEvent {
  const { op: _, at, by, keyHrn, ...change } = app.lastChange;
  return {
    id: `${app.appId}#${app.rev}`,
    time: at,
    action: change.action,
    principal: by,
    app: formatAppHrn(app, partition),
    realm: formatRealmHrn(app.realm, partition),
    ...(keyHrn && { apiKey: keyHrn }),
    ...(change.rotatedFrom && { rotatedFrom: change.rotatedFrom }),
    ...(change.action === leaked && { disabled: !app.keys[handleIn(keyHrn)]?.enabled }),
    correlationId: change.correlationId,
  };
}

function handleIn(keyHrn = ''): KeyHandle {
  return keyHrn.slice(keyHrn.lastIndexOf('/') + 1) as KeyHandle;
}
