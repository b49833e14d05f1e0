import { randomBytes } from 'node:crypto';
import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import { BatchGetCommand, GetCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { startLocalKms } from '../../../infra/local/kms.ts';
import type { ItemKey } from '../../../lib/store/table.ts';
import {
  environmentOf,
  type Handler,
  loadAuthorizer,
  loadHandlers,
  realmsOfIssuer,
  realmsOfOtherIssuer,
  setEnvironment,
  trusted,
} from '../../support/environment.ts';
import { interceptSends } from '../../support/intercept-sends.ts';
import { startIssuer, type TestIssuer } from '../../support/issuer.ts';
import type { Target } from './requests.ts';
import { issuerUrl } from './tokens.ts';
import { World } from './world.ts';

/** The real handlers on the real engine, and all that they write to their log. */
export interface HostileService {
  readonly handlers: Readonly<Record<Target, Handler>>;
  readonly issuer: TestIssuer;
  readonly otherIssuer: TestIssuer;
  readonly world: World;
  readonly tableName: string;
  /** @returns what was written since the last time, one chunk a write */
  takeLog(): string[];
  /** @returns the items that the table was asked to write since the last time, whether it did or not */
  takeWrites(): ItemKey[];
  close(): void;
}

/** Opens the service on an empty table, without a rate limit, and without a cache that would hide what is so now. */
export async function openHostileService(table: { endpoint: string; tableName: string }): Promise<HostileService> {
  const kms = await startLocalKms(randomBytes(32));
  const issuer = await startIssuer(issuerUrl, realmsOfIssuer);
  const otherIssuer = await startIssuer('https://other-issuer.test', realmsOfOtherIssuer);
  const surroundings = { ...table, kms, issuers: trusted(issuer, otherIssuer) };
  setEnvironment(environmentOf(surroundings, { verify: { cacheSeconds: 0, lastUsedSeconds: 'off' } }));
  const handlers = { ...(await loadHandlers()), authorizeApiKey: await loadAuthorizer() };
  const world = new World(table.endpoint, table.tableName);
  const { takeWrites, stopWatch } = watchWrites();
  const write = process.stdout.write;
  const written: string[] = [];
  process.stdout.write = (chunk) => written.push(String(chunk)) > 0;
  const close = () => {
    process.stdout.write = write;
    for (const stop of [stopWatch, kms.stop, issuer.stop, otherIssuer.stop]) stop();
  };
  return { ...table, handlers, issuer, otherIssuer, world, takeLog: () => written.splice(0), takeWrites, close };
}

const reads: readonly unknown[] = [GetItemCommand, GetCommand, QueryCommand, BatchGetCommand];

/** Notes the item of every command to the database that is no read. */
function watchWrites(): { takeWrites(): ItemKey[]; stopWatch(): void } {
  const written: ItemKey[] = [];
  const stopWatch = interceptSends(
    (send) =>
      function (command, ...rest) {
        if (!reads.includes(command.constructor)) written.push(keyIn(command));
        return send.call(this, command, ...rest);
      },
  );
  return { takeWrites: () => written.splice(0), stopWatch };
}

interface WriteCommand {
  readonly input: { readonly Key?: ItemKey; readonly Item?: ItemKey };
}

/** @throws TypeError for a command that names no item: there is none among the service's writes */
function keyIn({ input: { Key, Item } }: WriteCommand): ItemKey {
  const { pk, sk } = Key ?? (Item as ItemKey);
  return { pk, sk };
}
