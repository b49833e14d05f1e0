import { expect, it, vi } from 'vitest';
import { keyMade, metered, refusals, verificationMetrics } from '../../lib/service/metrics.ts';
import { settingsFolder, testSettings } from '../support/settings.ts';

/** What CloudWatch takes for a figure: its name, its unit, and the field that tells its kinds apart. */
const figure = (Name: string, Unit: string, ...by: string[]) => ({
  Namespace: 'appkeys',
  Dimensions: [by],
  Metrics: [{ Name, Unit }],
});

it('a record without figures has nothing more', () => {
  expect(metered([])).toEqual({});
});

it.each([
  [keyMade, figure('KeysMade', 'Count', 'operation')],
  [refusals, figure('Refusals', 'Count', 'code')],
])('$name is counted by what tells its kinds apart', (metric, told) => {
  expect(metered([metric])).toEqual({
    [metric.name]: 1,
    _aws: { Timestamp: expect.any(Number), CloudWatchMetrics: [told] },
  });
});

it.each([
  [true, 1],
  [false, 0],
])('a verification is counted with its time, and whether it was remembered: %s', (isCached, hits) => {
  expect(metered(verificationMetrics(isCached, 12.5))).toEqual({
    Verifications: 1,
    CacheHits: hits,
    VerificationLatency: 12.5,
    _aws: {
      Timestamp: expect.any(Number),
      CloudWatchMetrics: [
        figure('Verifications', 'Count', 'result'),
        figure('CacheHits', 'Count'),
        figure('VerificationLatency', 'Milliseconds'),
      ],
    },
  });
});

it.each([
  ['of the settings', () => settingsFolder(testSettings({ metricsNamespace: 'appkeys-prod' })), 'appkeys-prod'],
  ['of the service where there are no settings', () => '/nowhere', 'appkeys'],
])('figures stand under the name %s', async (_, folder, Namespace) => {
  vi.stubEnv('LAMBDA_TASK_ROOT', folder());
  vi.resetModules();
  const { metered: meteredAnew } = await import('../../lib/service/metrics.ts');
  expect(meteredAnew([keyMade])).toMatchObject({ _aws: { CloudWatchMetrics: [{ Namespace }] } });
  vi.unstubAllEnvs();
});
