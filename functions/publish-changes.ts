import { publisher } from '../lib/service/events/publisher.ts';

/**
 * Publishes every change of an application from the stream of the table to EventBridge, as one event. It is deployed if
 * the setting `eventBus` names a bus.
 */
export const handler = publisher();
