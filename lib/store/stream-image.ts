import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { StreamRecord } from 'aws-lambda';
import type { App } from '../domain/app.ts';
import { appOf } from './app-item.ts';

/** @returns the application that a record of the table's stream shows; undefined when it shows something else */
export function appInRecord({ NewImage: image }: StreamRecord): App | undefined {
  return image && appOf(unmarshall(image as Parameters<typeof unmarshall>[0]));
}
