import {
  CloudFormationClient,
  CreateChangeSetCommand,
  DeleteChangeSetCommand,
  DescribeStackEventsCommand,
  DescribeStacksCommand,
  ExecuteChangeSetCommand,
  paginateDescribeChangeSet,
  type ResourceChange,
  type Tag,
  UpdateTerminationProtectionCommand,
  waitUntilChangeSetCreateComplete,
  waitUntilStackCreateComplete,
  waitUntilStackUpdateComplete,
} from '@aws-sdk/client-cloudformation';
import { type Credentials, isMissingStack } from '../settings/deployed.ts';

interface DataStack {
  readonly stage: string;
  readonly region: string;
  readonly credentials: Credentials;
  /** as JSON text */
  readonly template: string;
  readonly tags: Readonly<Record<string, string>>;
}

/** A stack in one of these states takes no change. */
const isStuck = /^(ROLLBACK_COMPLETE|DELETE_.+|(.+_)?FAILED)$/;
const kept = ['AWS::DynamoDB::Table', 'AWS::KMS::Key'];
const patience = { maxWaitTime: 3600, minDelay: 2, maxDelay: 10 };

/**
 * Creates or updates the stack `appkeys-{stage}-data`. What is there already under its names becomes part of it.
 * @throws Error of one line, when it fails, or when it would replace or remove the table or the service key
 */
export async function deployDataStack(wanted: DataStack): Promise<void> {
  const name = `appkeys-${wanted.stage}-data`;
  const { region, credentials } = wanted;
  const cloudFormation = new CloudFormationClient({ region, credentials });
  const status = await statusOf(cloudFormation, name);
  if (status !== undefined && isStuck.test(status))
    throw new Error(`The stack ${name} is ${status}. docs/operating.md, "A deployment that failed", says what to do.`);
  const isNew = status === undefined || status === 'REVIEW_IN_PROGRESS';
  const changes = await prepare(cloudFormation, name, wanted, isNew);
  if (!changes) return console.log(`No changes to the stack ${name}.`);
  const refused = changes.all.filter(isLoss).map(({ LogicalResourceId }) => LogicalResourceId);
  if (refused.length > 0) {
    await cloudFormation.send(new DeleteChangeSetCommand(changes.id));
    throw new Error(`This deployment would replace or remove ${refused.join(' and ')} of the stack ${name}. It stops.`);
  }
  console.log(`${isNew ? 'Creating' : 'Updating'} the stack ${name}.`);
  await execute(cloudFormation, changes.id, isNew);
  if (isNew)
    await cloudFormation.send(
      new UpdateTerminationProtectionCommand({ StackName: name, EnableTerminationProtection: true }),
    );
}

async function statusOf(client: CloudFormationClient, StackName: string): Promise<string | undefined> {
  try {
    return (await client.send(new DescribeStacksCommand({ StackName }))).Stacks?.[0]?.StackStatus;
  } catch (error) {
    if (isMissingStack(error)) return undefined;
    throw error;
  }
}

interface ChangeSetId {
  readonly StackName: string;
  readonly ChangeSetName: string;
}

/** @returns undefined when nothing changes */
async function prepare(
  client: CloudFormationClient,
  StackName: string,
  { stage, template, tags }: DataStack,
  isNew: boolean,
): Promise<{ id: ChangeSetId; all: ResourceChange[] } | undefined> {
  const id = { StackName, ChangeSetName: `appkeys-${Date.now()}` };
  await client.send(
    new CreateChangeSetCommand({
      ...id,
      ChangeSetType: isNew ? 'CREATE' : 'UPDATE',
      TemplateBody: template,
      Tags: tagsOf(stage, tags),
      ImportExistingResources: true,
      ...(isNew && { OnStackFailure: 'DELETE' }),
    }),
  );
  await waitUntilChangeSetCreateComplete({ client, ...patience }, id).catch(() => {}); // its reason is read below
  const all: ResourceChange[] = [];
  for await (const { Changes = [], Status, StatusReason = '' } of paginateDescribeChangeSet({ client }, id)) {
    if (Status === 'FAILED') {
      await client.send(new DeleteChangeSetCommand(id));
      if (/didn't contain changes|No updates are to be performed/.test(StatusReason)) return undefined;
      throw new Error(`The changes of the stack ${StackName} are rejected: ${StatusReason}`);
    }
    all.push(...Changes.flatMap(({ ResourceChange }) => ResourceChange ?? []));
  }
  return { id, all };
}

/** As the framework gives them to the stack of the service. */
function tagsOf(stage: string, tags: DataStack['tags']): Tag[] {
  const hasOwnStage = Object.keys(tags).some((name) => name.toLowerCase() === 'stage');
  return Object.entries({ ...(!hasOwnStage && { STAGE: stage }), ...tags }).map(([Key, Value]) => ({ Key, Value }));
}

function isLoss({ Action, Replacement, ResourceType = '' }: ResourceChange): boolean {
  return kept.includes(ResourceType) && (Action === 'Remove' || (Replacement ?? 'False') !== 'False');
}

async function execute(client: CloudFormationClient, id: ChangeSetId, isNew: boolean): Promise<void> {
  const { Stacks } = await client.send(new DescribeStacksCommand({ StackName: id.StackName }));
  const StackName = Stacks?.[0]?.StackId ?? id.StackName; // a stack that was deleted is found by its ID only
  await client.send(new ExecuteChangeSetCommand(id));
  const wait = isNew ? waitUntilStackCreateComplete : waitUntilStackUpdateComplete;
  await wait({ client, ...patience }, { StackName }).catch(async () => {
    throw new Error(`The stack ${id.StackName} failed: ${await firstFailure(client, StackName)}`);
  });
}

async function firstFailure(client: CloudFormationClient, StackName: string): Promise<string> {
  const { StackEvents = [] } = await client.send(new DescribeStackEventsCommand({ StackName }));
  const began = StackEvents.findIndex(
    ({ ResourceType, ResourceStatus = '' }) =>
      ResourceType === 'AWS::CloudFormation::Stack' && /^(CREATE|UPDATE)_IN_PROGRESS$/.test(ResourceStatus),
  );
  const failures = StackEvents.slice(0, began + 1).filter(({ ResourceStatus = '' }) => /_FAILED$/.test(ResourceStatus));
  const { LogicalResourceId, ResourceStatusReason } = failures.at(-1) ?? {};
  return LogicalResourceId ? `${LogicalResourceId}: ${ResourceStatusReason}` : 'CloudFormation gives no reason.';
}
