import type { DeploymentSettings } from '../../lib/service/settings.ts';
import { dependOn, idsOf, type Resource, type Template, type TemplatePart } from './template.ts';

interface DataParts {
  readonly stage: string;
  /** the table and the service key */
  readonly parts: readonly TemplatePart[];
  /** the functions' log groups, by their logical IDs */
  readonly functions: Readonly<Record<string, string>>;
  readonly settings: DeploymentSettings;
}

/** @returns the template of what outlives the service: the table, the service key, and the log groups */
export function dataTemplate({ stage, parts, functions, settings: { logs, table } }: DataParts): Template {
  const group = (LogGroupName: string): Resource => ({
    Type: 'AWS::Logs::LogGroup',
    Properties: {
      LogGroupName,
      RetentionInDays: logs.retentionDays,
      ...(logs.kmsKeyArn && { KmsKeyId: logs.kmsKeyArn }),
    },
  });
  const groups = Object.entries(functions).map(([id, name]) => [id, group(`/aws/lambda/appkeys-${stage}-${name}`)]);
  const Resources: Record<string, Resource> = {
    AccessLog: group(`/aws/apigateway/appkeys-${stage}`),
    ...Object.fromEntries(groups),
    ...Object.assign({}, ...structuredClone(parts).map((part) => part.Resources)),
  };
  for (const resource of Object.values(Resources)) {
    // An alias that stayed alone would be taken over by its name, and lead to a key that no function may use.
    if (resource.Type === 'AWS::KMS::Alias') continue;
    resource.DeletionPolicy = 'RetainExceptOnCreate';
    resource.UpdateReplacePolicy = 'Retain';
  }
  completeTable(Resources, table.kmsKeyArn);
  return {
    AWSTemplateFormatVersion: '2010-09-09',
    Description: `appkeys-${stage}: what outlives the service`,
    Resources,
    Outputs: Object.assign({}, ...parts.map((part) => part.Outputs)),
  };
}

/** It comes last: whatever fails before, CloudFormation need not delete a table that is protected from deletion. */
function completeTable(resources: Record<string, Resource>, KMSMasterKeyId: string | undefined): void {
  const [id = ''] = idsOf(resources, 'AWS::DynamoDB::Table');
  const table = resources[id];
  if (!table) throw new Error('The data stack has no table.');
  dependOn(
    table,
    Object.keys(resources).filter((other) => other !== id),
  );
  if (KMSMasterKeyId) table.Properties.SSESpecification = { SSEEnabled: true, SSEType: 'KMS', KMSMasterKeyId };
}
