import { readSettings } from './settings.ts';

/** One metric of a log record. `by` is the record's field that distinguishes its values. */
export interface Metric {
  readonly name: string;
  readonly unit: 'Count' | 'Milliseconds';
  readonly value: number;
  readonly by?: 'operation' | 'code' | 'result';
}

let namespace: string | undefined;

/** Without settings, the function only returns errors, which are counted too. */
function readNamespace(): string {
  try {
    return readSettings(process.env).metricsNamespace;
  } catch {
    return 'appkeys';
  }
}

/**
 * @returns the fields from which CloudWatch extracts metrics of a log record, in embedded metric format
 * @see
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
export function metered(metrics: readonly Metric[]): object {
  if (metrics.length === 0) return {};
  namespace ??= readNamespace();
  const CloudWatchMetrics = metrics.map(({ name, unit, by }) => ({
    Namespace: namespace,
    Dimensions: [by ? [by] : []],
    Metrics: [{ Name: name, Unit: unit }],
  }));
  const figures = Object.fromEntries(metrics.map(({ name, value }) => [name, value]));
  return { ...figures, _aws: { Timestamp: Date.now(), CloudWatchMetrics } };
}

/** The record's operation created a key. */
export const keyMade: Metric = { name: 'KeysMade', unit: 'Count', value: 1, by: 'operation' };

/** A request was rejected with the record's code. */
export const refusals: Metric = { name: 'Refusals', unit: 'Count', value: 1, by: 'code' };

/** The keys of a token issuer could not be fetched or used. */
export const issuerKeysFailure: Metric = { name: 'IssuerKeysFailures', unit: 'Count', value: 1, by: 'result' };

/** A step of a scheduled rotation failed with the record's code. */
export const rotationFailure: Metric = { name: 'RotationFailures', unit: 'Count', value: 1, by: 'code' };

/** A change that became no event. */
export const unpublishedChange: Metric = { name: 'UnpublishedChanges', unit: 'Count', value: 1 };

/** A key was verified, with the record's result. */
export const verification: Metric = { name: 'Verifications', unit: 'Count', value: 1, by: 'result' };

export function verificationMetrics(isCached: boolean, durationMs: number): Metric[] {
  return [
    verification,
    { name: 'CacheHits', unit: 'Count', value: isCached ? 1 : 0 },
    { name: 'VerificationLatency', unit: 'Milliseconds', value: durationMs },
  ];
}
