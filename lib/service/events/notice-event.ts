import type { App } from '../../domain/app.ts';
import { formatApiKeyHrn, formatAppHrn, formatRealmHrn } from '../../domain/hrn.ts';
import { type Notice, type NoticeEvent, noticeEvents, noticeId } from '../../domain/notices.ts';

/** What others are told of an API key that ends, has ended, is not used, or should be rotated. */
export interface KeyNotice {
  /** the same each time that the notice is sent */
  readonly id: string;
  /** from when on the notice holds, in ms since the epoch */
  readonly time: number;
  readonly action: NoticeEvent;
  readonly app: string;
  readonly realm: string;
  readonly apiKey: string;
  /** ms since the epoch */
  readonly createdTime: number;
  /** ms since the epoch; -1: never */
  readonly expiresAt: number;
}

/** @returns the event of a notice; undefined when the application has no such key */
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
