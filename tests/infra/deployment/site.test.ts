import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { mergeSite } from '../../../infra/deployment/site.ts';
import type { Template } from '../../../infra/deployment/template.ts';

const folder = mkdtempSync(join(tmpdir(), 'appkeys-site-'));
afterAll(() => rmSync(folder, { recursive: true }));

const kept = { DeletionPolicy: 'RetainExceptOnCreate', UpdateReplacePolicy: 'Retain' };

/** @returns the templates of the service and of the data stack, with a file merged into them */
function merged(text: string): { service: Template; data: Template } {
  const service: Template = {
    Resources: {
      Make: { Type: 'AWS::Lambda::Function', Properties: { FunctionName: 'appkeys-dev-make', MemorySize: 512 } },
      Latency: {
        Type: 'AWS::CloudWatch::Alarm',
        Properties: { Threshold: 1, Dimensions: [{ Name: 'a', Value: 'b' }] },
      },
    },
    Outputs: { Endpoint: { Value: { Ref: 'Make' } } },
  };
  const data: Template = {
    Resources: {
      Table: { Type: 'AWS::DynamoDB::Table', ...kept, Properties: { TableName: 'appkeys-dev', KeySchema: ['pk'] } },
      Alias: { Type: 'AWS::KMS::Alias', Properties: { AliasName: 'alias/appkeys-dev', TargetKeyId: 'x' } },
    },
    Outputs: {},
  };
  const file = join(folder, 'site.yml');
  writeFileSync(file, text);
  mergeSite(file, 'infra/site.yml', service, data);
  return { service, data };
}

describe("an adopter's file", () => {
  it('changes single values, and adds resources, conditions and parameters', () => {
    const { service, data } = merged(`
Parameters: { Subnet: { Type: String, Default: subnet-1 } }
Mappings: { Sizes: { eu-central-1: { Memory: 1024 } } }
Conditions: { Always: !Equals [a, a], Too: !And [!Condition Always, !Condition Always] }
Resources:
  Latency: { Condition: Always, Properties: { Threshold: 500, Dimensions: [] } }
  Make:
    Properties:
      MemorySize: !FindInMap [Sizes, !Ref "AWS::Region", Memory]
      VpcConfig: { SubnetIds: [!Ref Subnet], SecurityGroupIds: !If [Too, [sg-1], !Ref AWS::NoValue] }
  Table: { DeletionPolicy: Retain, Properties: { ContributorInsightsSpecification: { Enabled: true } } }
  Alarms: { Type: AWS::SNS::Topic, DependsOn: Make, Properties: { TopicName: !Sub "\${AWS::StackName}-\${!x}-\${Make.Arn}" } }
Outputs: { Topic: { Value: !GetAtt Alarms.TopicArn } }
`);
    expect(service.Resources).toMatchObject({
      Latency: { Condition: 'Always', Properties: { Threshold: 500, Dimensions: [] } },
      Make: { Properties: { FunctionName: 'appkeys-dev-make', VpcConfig: { SubnetIds: [{ Ref: 'Subnet' }] } } },
      Alarms: { Type: 'AWS::SNS::Topic' },
    });
    expect(data.Resources.Table).toMatchObject({
      DeletionPolicy: 'Retain',
      Properties: { TableName: 'appkeys-dev', ContributorInsightsSpecification: { Enabled: true } },
    });
    expect(Object.keys(service.Outputs)).toEqual(['Endpoint', 'Topic']);
  });

  it.each([
    // no such part of a template
    ['- a', ' must be a group of Parameters, Mappings,'],
    ['Transform: AWS::Serverless-2016-10-31', ': Transform is not allowed there. There are: Parameters,'],
    ['Resources: []', ': Resources must be a group of groups.'],
    ['Resources: { Table: }', ': Resources must be a group of groups.'],
    // no YAML
    ['Resources: [', ' is not valid YAML: '],
    ['a: 1\na: 2', ' is not valid YAML: Map keys must be unique'],
    ['Resources: *none', ' is not valid YAML: Unresolved alias'],
    ['Outputs: { A: { Value: !Reff Make } }', ' is not valid YAML: Unresolved tag: !Reff'],
    ['Outputs: {}\n---\nOutputs: {}', ' is not valid YAML: Source contains multiple documents'],
    // what CloudFormation rejects
    ['Resources: { My-Topic: { Type: AWS::SNS::Topic } }', ': the name My-Topic must be 1 to 255 letters and digits.'],
    ['Resources: { Tabel: { Properties: {} } }', ': the resource Tabel has no Type, and no template has it.'],
    ['Resources: { Make: { Propertys: {} } }', ': Make.Propertys is not allowed there. There are: Condition,'],
    ['Resources: { Latency: { Properties: { Threshold: } } }', ': Latency.Properties.Threshold has no value.'],
    ['Outputs: { A: }', ': A has no value.'],
    ['Outputs: { A: { Description: x } }', ': the output A has no Value.'],
    ['Parameters: { Subnet: { Type: String } }', ': the parameter Subnet must have a Type and a Default, because'],
    ['Outputs: { A: { Value: !Ref Nope } }', ': A names Nope, which is not in its template.'],
    ['Outputs: { A: { Value: !Ref "AWS::Acount" } }', ': A names AWS::Acount, which is not in its template.'],
    ['Outputs: { A: { Value: !GetAtt Table.Arn } }', ': A names Table, which is in the other stack.'],
    [`Outputs: { A: { Value: !Sub "\${Nope.Arn}" } }`, ': A names Nope, which is not in its template.'],
    ['Outputs: { A: { Value: !If [Nope, a, b] } }', ': A names Nope, which is not in its template.'],
    ['Outputs: { A: { Value: !FindInMap [Nope, a, b] } }', ': A names Nope, which is not in its template.'],
    ['Conditions: { A: !Not [!Condition Nope] }', ': A names Nope, which is not in its template.'],
    ['Resources: { Make: { Condition: Nope } }', ': Make names Nope, which is not in its template.'],
    ['Resources: { Make: { DependsOn: [Nope] } }', ': Make names Nope, which is not in its template.'],
    [
      'Conditions: { C: !Equals [a, b] }\nResources: { Table: { Condition: C } }',
      ': Table names C, which is not in its template.',
    ],
    // what the service does not survive
    ['Resources: { Table: { Type: AWS::DynamoDB::GlobalTable } }', ': the Type of Table cannot be changed.'],
    [
      'Resources: { Table: { Properties: { TableName: mine } } }',
      ': Table.Properties.TableName cannot be changed: the service finds it by that.',
    ],
    ['Resources: { Table: { Properties: { KeySchema: [] } } }', ': Table.Properties.KeySchema cannot be changed'],
    ['Resources: { Alias: { Properties: { TargetKeyId: y } } }', ': Alias.Properties.TargetKeyId cannot be changed'],
    ['Resources: { Make: { Properties: { FunctionName: y } } }', ': Make.Properties.FunctionName cannot be changed'],
    [
      'Resources: { Table: { DeletionPolicy: Delete } }',
      ': Table.DeletionPolicy must be Retain or RetainExceptOnCreate: the resource outlives the service.',
    ],
    ['Resources: { Table: { UpdateReplacePolicy: Snapshot } }', ': Table.UpdateReplacePolicy must be Retain or'],
  ])('that says %j is refused', (text, fault) => {
    expect(() => merged(text)).toThrow(`deployment.extraResources infra/site.yml${fault}`);
  });

  it('that is not there is refused', () => {
    const template = { Resources: {}, Outputs: {} };
    expect(() => mergeSite(join(folder, 'none.yml'), 'infra/none.yml', template, template)).toThrow(
      'deployment.extraResources names infra/none.yml, which cannot be read.',
    );
  });
});
