import type { DynamoDBBatchResponse, DynamoDBRecord, DynamoDBStreamEvent } from 'aws-lambda';
import { formatWhy, log } from '../../base/log.ts';
import { fenced } from '../../store/add-api-key.ts';
import { appInRecord } from '../../store/stream-image.ts';
import { SettingsError } from '../../verification/settings-rules.ts';
import { type BusEntry, busEntry, type EventBus, isHopeless, maxEntries, openEventBus } from '../event-bus.ts';
import { metered, unpublishedChange } from '../metrics.ts';
import { start } from '../service.ts';
import type { Settings } from '../settings.ts';
import { changeEventOf } from './change-event.ts';

interface Numbered {
  readonly sequenceNumber: string | undefined;
  readonly correlationId?: string;
  readonly entry: BusEntry;
}

/**
 * Makes the handler of the table's stream: each change becomes one event on the bus, in order and at least once. If an
 * event could not be sent, Lambda gets its number and delivers the stream again from there. A record that can never
 * become an event is logged and skipped. Otherwise it would hold up the records behind it, and Lambda would drop them
 * together with it.
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
  const bus = openEventBus(eventBus);
  return {
    toEntry: (record: DynamoDBRecord): Numbered[] => readableEntryOf(record, partition),
    send: (batch: readonly Numbered[]) => firstFailure(bus, batch),
  };
}

function readableEntryOf(record: DynamoDBRecord, partition: string): Numbered[] {
  try {
    return entryOf(record, partition);
  } catch (why) {
    logFailure({ sequenceNumber: record.dynamodb?.SequenceNumber }, formatWhy(why), skipped());
    return [];
  }
}

function entryOf({ dynamodb }: DynamoDBRecord, partition: string): Numbered[] {
  const app = dynamodb && appInRecord(dynamodb);
  if (!app || app.lastChange.action === fenced) return [];
  const event = changeEventOf(app, partition);
  return [{ sequenceNumber: dynamodb?.SequenceNumber, correlationId: event.correlationId, entry: busEntry(event) }];
}

/**
 * @returns the first event that EventBridge may accept later, if there is one; it and all later ones are delivered
 * again
 */
async function firstFailure(bus: EventBus, batch: readonly Numbered[]): Promise<Numbered | undefined> {
  try {
    const codes = await bus(batch.map(({ entry }) => entry));
    const failures = batch.flatMap((numbered, index) => {
      const code = codes[index];
      return code === undefined ? [] : [{ ...numbered, code }];
    });
    for (const failure of failures) if (isHopeless(failure.code)) logFailure(failure, failure.code, skipped());
    const failed = failures.find(({ code }) => !isHopeless(code));
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
