import { readFileSync } from 'node:fs';
import { DynamoDBClient, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import type { APIGatewayProxyEvent } from 'aws-lambda';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { handler as write } from './b.ts';

const client = new DynamoDBClient({});
const settings = readFileSync(`${process.env.LAMBDA_TASK_ROOT}/settings.json`, 'utf8');
const [{ issuer, jwksUri, audience }] = JSON.parse(settings).issuers;
const keys = createRemoteJWKSet(new URL(jwksUri));

/** Baseline b behind what stands before generating a key: the token is verified, and one write counts the request. */
export async function handler({ headers }: APIGatewayProxyEvent): Promise<object> {
  const token = headers.Authorization?.replace(/^Bearer /, '') ?? '';
  const { payload } = await jwtVerify(token, keys, { issuer, audience });
  const count = { UpdateExpression: 'ADD #count :one', ExpressionAttributeNames: { '#count': 'count' } };
  const Key = { pk: { S: `rate#${payload.sub}` }, sk: { S: 'rate' } };
  const values = { ExpressionAttributeValues: { ':one': { N: '1' } } };
  await client.send(new UpdateItemCommand({ TableName: process.env.TABLE_NAME, Key, ...count, ...values }));
  return write({ appId: 'app1' });
}
