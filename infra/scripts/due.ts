import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, ScanCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { tableNameOf } from '../../lib/service/settings.ts';
import { dueAt } from '../../lib/store/app-item.ts';
import { messageOf, parseFlags, UsageError } from '../local/command-line.ts';

/** The number of applications that are written to at the same time. */
const batchSize = 25;

/**
 * Lets the next sweep check every application that is not deleted, because other settings can cause other notices. This
 * is not a change of an application.
 * @returns the number of these applications
 */
export async function makeDue(client: DynamoDBDocumentClient, TableName: string, now: number): Promise<number> {
  let count = 0;
  for (let last: Record<string, unknown> | undefined, isFirst = true; isFirst || last; isFirst = false) {
    const from = last && { ExclusiveStartKey: last };
    const page = await client.send(new ScanCommand({ TableName, IndexName: 'byRealm', ...from }));
    const ids = page.Items?.map(({ pk }) => String(pk)) ?? [];
    for (let first = 0; first < ids.length; first += batchSize) {
      const updates = ids
        .slice(first, first + batchSize)
        .map((id) => new UpdateCommand({ TableName, ...dueAt(id, now) }));
      await Promise.all(updates.map((update) => client.send(update)));
    }
    count += ids.length;
    last = page.LastEvaluatedKey;
  }
  return count;
}

const usage = 'usage: npm run --silent due -- --stage STAGE --region REGION';

async function main(stage: string | undefined, region: string | undefined): Promise<void> {
  if (!stage || !region) throw new UsageError(usage);
  const client = DynamoDBDocumentClient.from(new DynamoDBClient({ region }));
  const table = tableNameOf(stage);
  try {
    console.log(`The next sweep will check ${await makeDue(client, table, Date.now())} applications.`);
  } catch (error) {
    if ((error as Error).name !== 'ResourceNotFoundException') throw error;
    throw new Error(
      `There is no table ${table} in ${region}, or the table has no index byRealm. Check the stage and the Region.`,
    );
  }
}

if (import.meta.main) {
  try {
    const flags = { stage: { type: 'string' }, region: { type: 'string' }, help: { type: 'boolean' } } as const;
    const { stage, region, help } = parseFlags(process.argv.slice(2), flags);
    if (help) console.log(`${usage}\n\nLets the next sweep check every application. See docs/settings.md.`);
    else await main(stage, region);
  } catch (error) {
    console.error(messageOf(error));
    process.exitCode = 2;
  }
}
