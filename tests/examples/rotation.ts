import { expect } from 'vitest';
import type { Template } from './template.ts';

/** What every example comes to: what the secret holds first, and its schedule. */
export const expectedRotation = {
  name: 'invoices-client/api-key',
  value: { app: 'hrn:here:account::myrealm:app/lACE8kgYxsahjbXnvy8w', overlapSeconds: 43_200 },
  rotatedBy: { 'Fn::ImportValue': 'appkeys-prod-rotate-secret' },
  rules: { ScheduleExpression: 'cron(0 4 * * ? *)', Duration: '1h' },
};

/** The one secret of a template, and the schedule that is for it. */
export function rotationIn({ Resources }: Template): typeof expectedRotation {
  const all = Object.entries(Resources);
  const [[id, secret] = expect.fail('There is no secret.'), ...others] = all.filter(
    ([, { Type }]) => Type === 'AWS::SecretsManager::Secret',
  );
  expect(others).toEqual([]);
  const schedules = all.filter(([, { Type }]) => Type === 'AWS::SecretsManager::RotationSchedule');
  const [[, schedule] = expect.fail('There is no schedule.')] = schedules;
  expect(schedule.Properties.SecretId).toEqual({ Ref: id });
  return {
    name: String(secret.Properties.Name),
    value: JSON.parse(String(secret.Properties.SecretString)),
    rotatedBy: schedule.Properties.RotationLambdaARN as typeof expectedRotation.rotatedBy,
    rules: schedule.Properties.RotationRules as typeof expectedRotation.rules,
  };
}
