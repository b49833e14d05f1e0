import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { StreamRecord } from 'aws-lambda';
import type { App } from '../domain/app.ts';
import { appOf } from './app-item.ts';

/**
 * @returns the application in a record of the table's stream; undefined if the record has something else, or a write
 * that is not a change to the application, such as the sweep's
 * @throws Error if it has an application without a change, which this service never writes
 */
export function appInRecord({ NewImage: image, OldImage: before }: StreamRecord): App | undefined {
  const app = image && appOf(unmarshall(image as Parameters<typeof unmarshall>[0], { wrapNumbers: Number }));
  if (app && before && before.rev?.N === image?.rev?.N) return undefined;
  if (app && !hasChange(app)) throw new Error('the item has no change of an application');
  return app;
}

function hasChange({ appId, realm, rev, lastChange: change }: Partial<App>): boolean {
  const texts = [appId, realm, change?.by, change?.action, change?.correlationId];
  const optional = [change?.keyHrn ?? '', change?.rotatedFrom ?? ''];
  const areTexts = [...texts, ...optional].every((text) => typeof text === 'string');
  return areTexts && typeof rev === 'number' && isTime(change?.at);
}

function isTime(value: unknown): boolean {
  return typeof value === 'number' && !Number.isNaN(new Date(value).getTime());
}
