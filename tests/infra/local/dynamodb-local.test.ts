import { mkdtempSync, rmSync } from 'node:fs';
import { createConnection } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { expect, it } from 'vitest';
import { startDynamodbLocal } from '../../../infra/local/dynamodb-local.ts';
import { createTable, localClient } from '../../../infra/local/table.ts';

/** Addresses of this machine that other machines may reach. */
const addresses = Object.values(networkInterfaces()).flatMap((all = []) =>
  all.flatMap(({ address, internal, scopeid }) => (internal || scopeid ? [] : [address])),
);

it('DynamoDB Local listens on loopback only, and keeps its data in the folder that is given', {
  timeout: 120_000,
}, async () => {
  const path = mkdtempSync(join(tmpdir(), 'appkeys-'));
  const first = await startDynamodbLocal({ path });
  const port = Number(new URL(first.endpoint).port);
  // The second loopback address is one that a server on all addresses answers on.
  for (const host of ['127.0.0.2', ...addresses]) expect([host, await isOpen(host, port)]).toEqual([host, false]);
  expect(await isOpen('127.0.0.1', port)).toBe(true);
  await createTable(first.endpoint, 'kept');
  await first.stop();

  const second = await startDynamodbLocal({ path });
  const client = localClient(second.endpoint);
  expect((await client.send(new ListTablesCommand())).TableNames).toEqual(['kept']);
  client.destroy();
  await second.stop();
  rmSync(path, { recursive: true });
});

function isOpen(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ host, port, timeout: 2_000 });
    const end = (isConnected: boolean) => {
      socket.destroy();
      resolve(isConnected);
    };
    socket
      .on('connect', () => end(true))
      .on('error', () => end(false))
      .on('timeout', () => end(false));
  });
}
