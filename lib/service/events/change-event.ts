import type { App } from '../../domain/app.ts';
import { formatAppHrn, formatRealmHrn } from '../../domain/hrn.ts';

/** What others are told of a change: who did what to which application or key, and when. */
export interface ChangeEvent {
  /** `{appId}#{rev}`: the same for every delivery of the same change */
  readonly id: string;
  /** ms since the epoch */
  readonly time: number;
  readonly action: string;
  readonly principal: string;
  readonly app: string;
  readonly realm: string;
  readonly apiKey?: string;
  /** the key that a rotation ends */
  readonly rotatedFrom?: string;
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
    correlationId: change.correlationId,
  };
}
