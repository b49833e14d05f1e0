import {
  CloudFormationClient,
  type CloudFormationClientConfig,
  GetTemplateCommand,
} from '@aws-sdk/client-cloudformation';
import type { StageSettings } from '../../lib/service/settings.ts';

/** The name in the template's `Metadata` that contains the settings of a stage. */
const metadataName = 'AppkeysSettings';

export type Credentials = NonNullable<CloudFormationClientConfig['credentials']>;

/**
 * @returns the settings as JSON text in ASCII, because CloudFormation returns a template with "?" for any other
 * character
 */
export function metadataOf(settings: StageSettings): Record<string, string> {
  const escaped = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return { [metadataName]: JSON.stringify(settings).replace(/[^ -~]/g, escaped) };
}

const options = {
  maxAttempts: 2,
  requestHandler: { connectionTimeout: 3_000, requestTimeout: 10_000, throwOnRequestTimeout: true },
};

/**
 * Reads the settings that a stage is deployed with (`cloudformation:GetTemplate`).
 * @param credentials default: the credentials in the environment of the AWS SDK
 * @returns undefined if the stage is not deployed
 * @throws Error when the deployed settings cannot be read
 */
export async function readDeployedSettings(
  stage: string,
  region: string,
  credentials?: Credentials,
): Promise<StageSettings | undefined> {
  const StackName = `appkeys-${stage}`;
  try {
    const template = await readTemplate(StackName, { region, ...(credentials && { credentials }) });
    return template === undefined || isOnlyBucket(template) ? undefined : settingsIn(template);
  } catch (error) {
    throw new Error(`The deployed settings of the stage ${stage} in ${region} cannot be read: ${oneLine(error)}.`);
  }
}

async function readTemplate(StackName: string, where: CloudFormationClientConfig): Promise<string | undefined> {
  try {
    const cloudFormation = new CloudFormationClient({ ...options, ...where });
    return (await cloudFormation.send(new GetTemplateCommand({ StackName }))).TemplateBody ?? '';
  } catch (error) {
    if (isMissingStack(error)) return undefined;
    throw error;
  }
}

export function isMissingStack(error: unknown): boolean {
  return error instanceof Error && /^Stack with id \S+ does not exist$/.test(error.message);
}

/** A first deployment that failed leaves the bucket that the framework makes beforehand, and can be repeated. */
function isOnlyBucket(template: string): boolean {
  const resources = Object.values<{ Type: string }>(JSON.parse(template).Resources ?? {});
  return resources.length > 0 && resources.every(({ Type }) => Type.startsWith('AWS::S3::'));
}

/** @throws Error when the stack is not a stage of appkeys, or its version had no settings in the template */
export function settingsIn(template: string): StageSettings {
  const settings: unknown = JSON.parse(template).Metadata?.[metadataName];
  if (typeof settings !== 'string') throw new Error(`the template of its stack has no Metadata.${metadataName}`);
  return JSON.parse(settings);
}

function oneLine(error: unknown): string {
  const { message, code, name } = error as NodeJS.ErrnoException;
  if (name === 'TimeoutError') return 'CloudFormation does not respond';
  return (message || code || name).replace(/\s*\n\s*/g, ' ').replace(/\.$/, '');
}
