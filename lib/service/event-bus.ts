import { EventBridgeClient, PutEventsCommand, type PutEventsRequestEntry } from '@aws-sdk/client-eventbridge';
import { withinMs } from '../base/time-limit.ts';

/** The number of events that EventBridge accepts at once. */
export const maxEntries = 10;

/** Three attempts of the SDK, with its pauses, take at most this long. */
const sendMs = 10_000;

/**
 * EventBridge's codes for an entry that it will never accept. Other failures can pass, or the operator can fix them.
 */
const hopeless: readonly unknown[] = ['InvalidArgument', 'MalformedDetail'];

export type BusEntry = Omit<PutEventsRequestEntry, 'EventBusName'>;

/**
 * Sends at most `maxEntries` events.
 * @returns the error code of each rejected event
 * @throws if there is no response
 */
export type EventBus = (entries: readonly BusEntry[]) => Promise<(string | undefined)[]>;

export function openEventBus(name: string): EventBus {
  const client = new EventBridgeClient({
    requestHandler: { connectionTimeout: 1_000, requestTimeout: 3_000, throwOnRequestTimeout: true },
  });
  return async (entries) => {
    const command = new PutEventsCommand({ Entries: entries.map((entry) => ({ EventBusName: name, ...entry })) });
    const { Entries = [] } = await withinMs(sendMs, (abortSignal) => client.send(command, { abortSignal }));
    return entries.map((_, index) => Entries[index]?.ErrorCode);
  };
}

export function isHopeless(code: string | undefined): boolean {
  return hopeless.includes(code);
}

/** @param event the event to send; `time` is in ms since the epoch */
export function busEntry(event: {
  readonly action: string;
  readonly time: number;
  readonly app: string;
  readonly apiKey?: string;
}): BusEntry {
  return {
    Source: 'appkeys',
    DetailType: event.action,
    Time: new Date(event.time),
    Resources: [event.apiKey ?? event.app],
    Detail: JSON.stringify(event),
  };
}
