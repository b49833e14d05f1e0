import { expect } from 'vitest';

export interface Template {
  readonly Resources: Readonly<
    Record<string, { readonly Type: string; readonly Properties: Readonly<Record<string, unknown>> }>
  >;
}

export const authorizerArn = 'arn:aws:lambda:eu-central-1:123456789012:function:appkeys-prod-authorizeApiKey:live';

const references: Readonly<Record<string, string>> = {
  'AWS::Partition': 'aws',
  'AWS::Region': 'eu-central-1',
  'AWS::AccountId': '123456789012',
};

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What CloudFormation makes of a value, where the service's stack exports its authorizer; a resource is its name. */
export function resolved(value: unknown): string {
  if (!isRecord(value)) return String(value);
  const [[call, input] = expect.fail('An empty object is no value.')] = Object.entries(value);
  const inputs = Array.isArray(input) ? input : [input];
  switch (call) {
    case 'Ref':
      return references[inputs[0]] ?? inputs[0];
    case 'Fn::GetAtt':
      return inputs[0].split('.')[0];
    case 'Fn::ImportValue':
      expect(input).toBe('appkeys-prod-authorizer');
      return authorizerArn;
    case 'Fn::Join':
      return inputs[1].map(resolved).join(inputs[0]);
    case 'Fn::Select':
      return resolved(inputs[1]['Fn::Split'][1]).split(inputs[1]['Fn::Split'][0])[inputs[0]] ?? expect.fail();
    case 'Fn::Sub':
      return inputs[0].replace(/\$\{(.+?)\}/g, (_: string, name: string) =>
        resolved(inputs[1]?.[name] ?? { Ref: name }),
      );
    default:
      return expect.fail(`${call} is not known here.`);
  }
}
