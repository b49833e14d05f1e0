import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { GetCommand, UpdateCommand, type UpdateCommandInput } from '@aws-sdk/lib-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { interceptSends } from '../../support/intercept-sends.ts';
import { compile } from '../interleavings/expressions.ts';

/**
 * Takes away what the service stands on: each conditional update becomes a read, a look at what was read, and a write
 * without a condition.
 * @returns what puts it back
 */
export function swapInReadThenWrite(): () => void {
  return interceptSends(
    (send) =>
      async function (command, ...rest) {
        const input = command instanceof UpdateCommand ? command.input : undefined;
        if (!input?.ConditionExpression) return send.call(this, command, ...rest);
        const { TableName, Key } = input;
        const read = await send.call(this, new GetCommand({ TableName, Key, ConsistentRead: true }));
        requireCondition(input, (read as { Item?: Record<string, unknown> }).Item);
        return send.call(this, new UpdateCommand(withoutCondition(input)), ...rest);
      },
  );
}

/** Its refusal tells the item, as DynamoDB's does: where one does, the store takes a refusal without one for no item. */
function requireCondition(input: UpdateCommandInput, item: Record<string, unknown> | undefined): void {
  const {
    ConditionExpression = '',
    ExpressionAttributeNames: names = {},
    ExpressionAttributeValues: values = {},
  } = input;
  if (compile('condition', ConditionExpression).holds({ item: item ?? {}, names, values })) return;
  const told = item && { Item: marshall(item) };
  throw new ConditionalCheckFailedException({ message: 'The conditional request failed', $metadata: {}, ...told });
}

/** DynamoDB refuses names and values that nothing uses. */
function withoutCondition(input: UpdateCommandInput): UpdateCommandInput {
  const { ConditionExpression: _, ReturnValuesOnConditionCheckFailure: __, ...rest } = input;
  const { placeholders } = compile('update', input.UpdateExpression ?? '');
  const used = <T>(map: Record<string, T> = {}) => {
    return Object.fromEntries(Object.entries(map).filter(([name]) => placeholders.has(name)));
  };
  return {
    ...rest,
    ExpressionAttributeNames: used(input.ExpressionAttributeNames),
    ExpressionAttributeValues: used(input.ExpressionAttributeValues),
  };
}
