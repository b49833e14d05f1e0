import { sweeper } from '../lib/service/events/sweeper.ts';

/** Every hour: drops the old idempotency records of applications that nobody changes. */
export const handler = sweeper();
