import { publisher } from '../lib/service/events/publisher.ts';

/** From the table's stream to EventBridge: every change of an application is one event. Deployed when EVENT_BUS is set. */
export const handler = publisher();
