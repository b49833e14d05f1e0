import { readSettings } from './settings.ts';

/** One figure of a log record; `by` names the record's field that tells its kinds apart. */
export interface Metric {
  readonly name: string;
  readonly unit: 'Count' | 'Milliseconds';
  readonly value: number;
  readonly by?: 'operation' | 'code' | 'result';
}

let namespace: string | undefined;

/** Without settings the function answers nothing but errors, which are counted all the same. */
function readNamespace(): string {
  try {
    return readSettings(process.env).metricsNamespace;
  } catch {
    return 'appkeys';
  }
}

/**
 * @returns fields by which CloudWatch takes the figures out of a log record, in embedded metric format
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
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

/** A key was made by the record's operation. */
export const keyMade: Metric = { name: 'KeysMade', unit: 'Count', value: 1, by: 'operation' };

/** A request was refused with the record's code. */
export const refusals: Metric = { name: 'Refusals', unit: 'Count', value: 1, by: 'code' };

/** The keys of a token issuer could not be fetched, or not be used. */
export const issuerKeysFailure: Metric = { name: 'IssuerKeysFailures', unit: 'Count', value: 1, by: 'result' };

/** A step of a rotation by schedule failed with the record's code. */
export const rotationFailure: Metric = { name: 'RotationFailures', unit: 'Count', value: 1, by: 'code' };

/** A change that became no event. */
export const unpublishedChange: Metric = { name: 'UnpublishedChanges', unit: 'Count', value: 1 };

/** A key was looked at, with the record's result. */
export const verification: Metric = { name: 'Verifications', unit: 'Count', value: 1, by: 'result' };

export function verificationMetrics(isCached: boolean, durationMs: number): Metric[] {
  return [
    verification,
    { name: 'CacheHits', unit: 'Count', value: isCached ? 1 : 0 },
    { name: 'VerificationLatency', unit: 'Milliseconds', value: durationMs },
  ];
}
