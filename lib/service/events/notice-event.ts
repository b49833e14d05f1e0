import type { App } from '../../domain/app.ts';
import { formatApiKeyHrn, formatAppHrn, formatRealmHrn } from '../../domain/hrn.ts';
import { type Notice, type NoticeEvent, noticeEvents, noticeId } from '../../domain/notices.ts';

/** The event of an API key that will expire, has expired, is idle, or is due for rotation. */
export interface KeyNotice {
  /** The same each time that the notice is sent. */
  readonly id: string;
  /** The time from which the notice is true, in ms since the epoch. */
  readonly time: number;
  readonly action: NoticeEvent;
  readonly app: string;
  readonly realm: string;
  readonly apiKey: string;
  /** In ms since the epoch. */
  readonly createdTime: number;
  /** In ms since the epoch; -1: never. */
  readonly expiresAt: number;
}

/** @returns the event of a notice; undefined if the application has no such key */
export function keyNoticeOf(app: App, notice: Notice, partition: string): KeyNotice | undefined {
  const key = app.keys[notice.handle];
  if (!key) return undefined;
  const apiKey = formatApiKeyHrn(app.realm, notice.handle, partition);
  return {
    id: noticeId(apiKey, notice),
    time: notice.at,
    action: noticeEvents[notice.name],
    app: formatAppHrn(app, partition),
    realm: formatRealmHrn(app.realm, partition),
    apiKey,
    createdTime: key.createdTime,
    expiresAt: key.expiresAt,
  };
}
