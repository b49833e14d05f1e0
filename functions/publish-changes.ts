import { publisher } from '../lib/service/events/publisher.ts';

/** From the table's stream to EventBridge: every change of an application is one event. Deployed when the setting `eventBus` names a bus. */
export const handler = publisher();
