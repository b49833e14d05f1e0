import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';

type Send = (this: unknown, command: { readonly input: object }, ...rest: unknown[]) => Promise<unknown>;

/**
 * Puts something in the place of the way to DynamoDB, by the document client and without it.
 * @param clients classes of clients of other services besides
 * @returns what puts the way back
 */
export function interceptSends(
  replacementOf: (send: Send) => Send,
  clients: readonly { readonly prototype: object }[] = [],
): () => void {
  const restores = [DynamoDBClient, DynamoDBDocumentClient, ...clients].map(({ prototype }) => {
    const client = prototype as unknown as { send: Send };
    const { send } = client;
    client.send = replacementOf(send);
    return () => {
      client.send = send;
    };
  });
  return () => {
    for (const restore of restores) restore();
  };
}
