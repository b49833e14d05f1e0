import { sweeper } from '../lib/service/events/sweeper.ts';

/** Every hour: drops old idempotency records, announces API keys, and ends those whose successors are in use. */
export const handler = sweeper();
