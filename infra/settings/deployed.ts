import { CloudFormationClient, GetTemplateCommand } from '@aws-sdk/client-cloudformation';
import type { StageSettings } from '../../lib/service/settings.ts';

/** Under this name the template of a stage carries its settings in its `Metadata`. */
export const metadataName = 'AppkeysSettings';

const options = {
  maxAttempts: 2,
  requestHandler: { connectionTimeout: 3_000, requestTimeout: 10_000, throwOnRequestTimeout: true },
};

/**
 * Reads the settings that a stage is deployed with (`cloudformation:GetTemplate`).
 * @returns undefined when the stage is not deployed
 * @throws Error when that cannot be found out
 */
export async function readDeployedSettings(stage: string, region: string): Promise<StageSettings | undefined> {
  const StackName = `appkeys-${stage}`;
  try {
    const cloudFormation = new CloudFormationClient({ ...options, region });
    const { TemplateBody = '{}' } = await cloudFormation.send(new GetTemplateCommand({ StackName }));
    return JSON.parse(TemplateBody).Metadata?.[metadataName];
  } catch (error) {
    if (error instanceof Error && /^Stack with id \S+ does not exist$/.test(error.message)) return undefined;
    throw new Error(`The deployed settings of the stage ${stage} cannot be read: ${oneLine(error)}`);
  }
}

function oneLine(error: unknown): string {
  return String(error instanceof Error ? error.message : error).replace(/\s*\n\s*/g, ' ');
}
