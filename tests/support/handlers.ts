import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { DynamoDBDocumentClient, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import { startLocalKms } from '../../infra/local/kms.ts';
import { createTable, localClient } from '../../infra/local/table.ts';
import { type App, newApp } from '../../lib/domain/app.ts';
import type { GatewayReply } from '../../lib/service/http/exchange.ts';
import { environmentOf, loadHandlers, startProcess } from './environment.ts';
import { lambdaContext, type OperationId, restEvent, type TestRequest } from './events.ts';
import { startIssuer } from './issuer.ts';

export const realm = 'myrealm';

/** Calls a function of the service, as API Gateway does. */
export type Invoke = (id: OperationId, request: TestRequest) => Promise<GatewayReply>;

let opened = 0;

/** Opens the real handlers once more, with what `process.env` says now; outside of a test runner too. */
export async function openHandlers(): Promise<Invoke> {
  opened += 1;
  startProcess();
  const handlers = await loadHandlers(`?opened=${opened}`);
  return (id, request) => handlers[id](restEvent(id, request), lambdaContext());
}

/** What a service under test stands on, and a way to its table that nothing disturbs. */
export interface Ground {
  readonly environment: Record<string, string | undefined>;
  /** @returns the value of an Authorization header */
  authorize(principal: string, permissions?: readonly string[]): Promise<string>;
  seed(appId: string, owner: string): Promise<App>;
  item(app: App): Promise<App>;
  stop(): void;
}

/**
 * Prepares a new table, a token issuer and a KMS.
 * @param database URL of the database itself
 * @param endpoint what the service uses in its place
 */
export async function prepareGround(database: string, tableName: string, endpoint = database): Promise<Ground> {
  await createTable(database, tableName);
  const kms = await startLocalKms(randomBytes(32));
  const issuer = await startIssuer('https://issuer.test', [realm]);
  const issuers = [{ issuer: issuer.issuer, jwksUri: issuer.jwksUri, realms: [realm] }];
  const client = DynamoDBDocumentClient.from(localClient(database), {
    marshallOptions: { removeUndefinedValues: true },
  });
  return {
    environment: environmentOf({ endpoint, tableName, kms, issuers }),
    authorize: async (principal, permissions = []) => {
      return `Bearer ${await issuer.sign({ sub: principal, permissions, exp: Math.floor(Date.now() / 1_000) + 7_200 })}`;
    },
    async seed(appId, owner) {
      const app = newApp({ appId, realm, name: 'app', owner, now: Date.now(), op: 'seed', correlationId: 'seed' });
      const { appId: pk, ...attributes } = app;
      const put = new PutCommand({ TableName: tableName, Item: { pk, sk: 'app', ...attributes } });
      await persist(() => client.send(put));
      return app;
    },
    async item({ appId }) {
      const Key = { pk: appId, sk: 'app' };
      const get = new GetCommand({ TableName: tableName, Key, ConsistentRead: true });
      const { Item } = await persist(() => client.send(get));
      return Item as unknown as App;
    },
    stop() {
      kms.stop();
      issuer.stop();
      client.destroy();
    },
  };
}

const patienceMs = 60_000;

/** Repeats what a database that is down for a while may refuse. */
async function persist<T>(work: () => Promise<T>): Promise<T> {
  const end = Date.now() + patienceMs;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (Date.now() > end || (error as Error).name === 'ResourceNotFoundException') throw error;
      await sleep(50);
    }
  }
}
