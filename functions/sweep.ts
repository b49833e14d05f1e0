import { sweeper } from '../lib/service/events/sweeper.ts';

/**
 * Runs every hour. It removes old idempotency records, sends notices about API keys, and ends rotated keys whose
 * successors are in use.
 */
export const handler = sweeper();
