import { EventBridgeClient, PutEventsCommand, type PutEventsRequestEntry } from '@aws-sdk/client-eventbridge';
import type { DynamoDBBatchResponse, DynamoDBRecord, DynamoDBStreamEvent } from 'aws-lambda';
import { formatWhy, log } from '../../base/log.ts';
import { withinMs } from '../../base/time-limit.ts';
import { fenced } from '../../store/add-api-key.ts';
import { appInRecord } from '../../store/stream-image.ts';
import { SettingsError } from '../../verification/settings-rules.ts';
import { metered, unpublishedChange } from '../metrics.ts';
import { start } from '../service.ts';
import type { Settings } from '../settings.ts';
import { changeEventOf } from './change-event.ts';

/** As many events as EventBridge takes at once. */
const maxEntries = 10;

/** Three attempts of the SDK, with its pauses, take no longer than this. */
const sendMs = 10_000;

/** What EventBridge says of an entry that it will never take. Any other code may pass, or the operator can mend it. */
const hopeless: readonly unknown[] = ['InvalidArgument', 'MalformedDetail'];

interface Numbered {
  readonly sequenceNumber: string | undefined;
  readonly correlationId?: string;
  readonly entry: PutEventsRequestEntry;
}

/**
 * Makes the handler of the table's stream: each change becomes one event on the bus, in order and at least once.
 * If an event could not be sent, Lambda is told its number and comes again from there on. A record that can never
 * become an event is logged and passed over: if Lambda were told its number, it would hold up the records behind it, and
 * give them up together with it.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html
 */
export function publisher(): (event: DynamoDBStreamEvent) => Promise<DynamoDBBatchResponse> {
  const bus = start(openBus);
  return async ({ Records: records }) => {
    if (!bus) throw new Error('the function is not configured');
    const numbered = records.flatMap((record) => bus.toEntry(record));
    for (let from = 0; from < numbered.length; from += maxEntries) {
      const failed = await bus.send(numbered.slice(from, from + maxEntries));
      if (failed) return { batchItemFailures: [{ itemIdentifier: failed.sequenceNumber ?? '' }] };
    }
    return { batchItemFailures: [] };
  };
}

function openBus({ eventBus, partition }: Settings) {
  if (eventBus === undefined) throw new SettingsError('eventBus', 'is missing.');
  const client = new EventBridgeClient({
    requestHandler: { connectionTimeout: 1_000, requestTimeout: 3_000, throwOnRequestTimeout: true },
  });
  return {
    toEntry: (record: DynamoDBRecord): Numbered[] => readableEntryOf(record, eventBus, partition),
    send: (batch: readonly Numbered[]) => firstFailure(client, batch),
  };
}

function readableEntryOf(record: DynamoDBRecord, eventBus: string, partition: string): Numbered[] {
  try {
    return entryOf(record, eventBus, partition);
  } catch (why) {
    logFailure({ sequenceNumber: record.dynamodb?.SequenceNumber }, formatWhy(why), skipped());
    return [];
  }
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
  return [{ sequenceNumber: dynamodb?.SequenceNumber, correlationId: event.correlationId, entry }];
}

/** @returns the first that EventBridge may take later, if there is one: it and all after it come again */
async function firstFailure(client: EventBridgeClient, batch: readonly Numbered[]): Promise<Numbered | undefined> {
  const command = new PutEventsCommand({ Entries: batch.map(({ entry }) => entry) });
  try {
    const { Entries = [] } = await withinMs(sendMs, (abortSignal) => client.send(command, { abortSignal }));
    const failures = batch.flatMap((numbered, index) => {
      const code = Entries[index]?.ErrorCode;
      return code === undefined ? [] : [{ ...numbered, code }];
    });
    for (const failure of failures) if (hopeless.includes(failure.code)) logFailure(failure, failure.code, skipped());
    const failed = failures.find(({ code }) => !hopeless.includes(code));
    if (failed) logFailure(failed, failed.code);
    return failed;
  } catch (why) {
    logFailure(batch[0], formatWhy(why));
    return batch[0];
  }
}

const skipped = () => ({ result: 'skipped', ...metered([unpublishedChange]) });

function logFailure(about: Partial<Numbered> | undefined, why: string | undefined, more: object = {}): void {
  const { sequenceNumber, correlationId: correlation_id } = about ?? {};
  log({ event: 'publish', level: 'ERROR', correlation_id, sequenceNumber, why, ...more });
}
