import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';

type Send = (this: unknown, command: { readonly input: object }, ...rest: unknown[]) => Promise<unknown>;

/**
 * Puts something in the place of the way to DynamoDB, by the document client and without it.
 * @returns what puts the way back
 */
export function interceptSends(replacementOf: (send: Send) => Send): () => void {
  const restores = [DynamoDBClient.prototype, DynamoDBDocumentClient.prototype].map((prototype) => {
    const clients = prototype as unknown as { send: Send };
    const { send } = clients;
    clients.send = replacementOf(send);
    return () => {
      clients.send = send;
    };
  });
  return () => {
    for (const restore of restores) restore();
  };
}
