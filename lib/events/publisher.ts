import { EventBridgeClient, PutEventsCommand, type PutEventsRequestEntry } from '@aws-sdk/client-eventbridge';
import type { DynamoDBBatchResponse, DynamoDBRecord, DynamoDBStreamEvent } from 'aws-lambda';
import { type Environment, readEventSettings } from '../config.ts';
import { formatWhy, log } from '../log.ts';
import { start } from '../service.ts';
import { fenced } from '../store/add-api-key.ts';
import { appInRecord } from '../store/stream-image.ts';
import { changeEventOf } from './change-event.ts';

/** As many events as EventBridge takes at once. */
const maxEntries = 10;

interface Numbered {
  readonly sequenceNumber: string;
  readonly entry: PutEventsRequestEntry;
}

/**
 * Makes the handler of the table's stream: each change becomes one event on the bus, in order and at least once. What
 * could not be sent is told to Lambda, which comes again from there on.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html
 */
export function publisher(): (event: DynamoDBStreamEvent) => Promise<DynamoDBBatchResponse> {
  const bus = start(openBus);
  return async ({ Records: records }) => {
    if (!bus) throw new Error('the function is not configured');
    const numbered = records.flatMap((record) => bus.toEntry(record));
    for (let from = 0; from < numbered.length; from += maxEntries) {
      const failed = await bus.send(numbered.slice(from, from + maxEntries));
      if (failed) return { batchItemFailures: [{ itemIdentifier: failed.sequenceNumber }] };
    }
    return { batchItemFailures: [] };
  };
}

function openBus(env: Environment) {
  const { eventBus, partition } = readEventSettings(env);
  const client = new EventBridgeClient({
    requestHandler: { connectionTimeout: 1_000, requestTimeout: 3_000, throwOnRequestTimeout: true },
  });
  return {
    toEntry: (record: DynamoDBRecord): Numbered[] => entryOf(record, eventBus, partition),
    send: (batch: readonly Numbered[]) => firstFailure(client, batch),
  };
}

function entryOf({ dynamodb }: DynamoDBRecord, eventBus: string, partition: string): Numbered[] {
  const app = dynamodb && appInRecord(dynamodb);
  if (!app || app.lastChange.action === fenced) return [];
  const event = changeEventOf(app, partition);
  const entry = {
    EventBusName: eventBus,
    Source: 'appkeys',
    DetailType: event.action,
    Time: new Date(event.time),
    Resources: [event.apiKey ?? event.app],
    Detail: JSON.stringify(event),
  };
  return [{ sequenceNumber: dynamodb?.SequenceNumber ?? '', entry }];
}

/** @returns the first that EventBridge did not take, if there is one: it and all after it come again */
async function firstFailure(client: EventBridgeClient, batch: readonly Numbered[]): Promise<Numbered | undefined> {
  try {
    const { Entries = [] } = await client.send(new PutEventsCommand({ Entries: batch.map(({ entry }) => entry) }));
    const failed = Entries.findIndex(({ ErrorCode: code }) => code !== undefined);
    if (failed < 0) return undefined;
    log({ event: 'publish', level: 'error', why: Entries[failed]?.ErrorCode });
    return batch[failed];
  } catch (why) {
    log({ event: 'publish', level: 'error', why: formatWhy(why) });
    return batch[0];
  }
}
