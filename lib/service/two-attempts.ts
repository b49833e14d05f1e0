import { collect } from '../base/collect.ts';

/** Options for clients of the AWS SDK that may repeat a request once: what they ask for does no harm twice. */
export const twoAttempts = {
  maxAttempts: 2,
  streamCollector: collect,
  requestHandler: { connectionTimeout: 1_000, requestTimeout: 1_500, throwOnRequestTimeout: true },
};

/** Two attempts take no longer than this, unless an answer stalls in its body. */
export const bothAttemptsMs = 4_000;
