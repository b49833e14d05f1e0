import { collect } from '../base/collect.ts';

/** Options for clients of the AWS SDK that can retry a request once, because repeating it does no harm. */
export const twoAttempts = {
  maxAttempts: 2,
  streamCollector: collect,
  requestHandler: { connectionTimeout: 1_000, requestTimeout: 1_500, throwOnRequestTimeout: true },
};

/** Two attempts take at most this long, unless a response stalls in its body. */
export const bothAttemptsMs = 4_000;
