import type { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { expect, inject, vi } from 'vitest';
import { localClient } from '../../infra/local/table.ts';
import type { ApiKey } from '../../lib/domain/api-key.ts';
import type { KeyHandle } from '../../lib/domain/api-key-id.ts';
import type { App } from '../../lib/domain/app.ts';
import { hrnOf, type TestReply, type TestService } from './service.ts';

/** @returns a handle of the right form, of one letter */
export function handleOfLetter(letter: string): KeyHandle {
  return letter.repeat(43) as KeyHandle;
}

/** Seeds an application with keys whose handles are of one letter each. */
export function seedWithKeys(
  service: TestService,
  keys: Record<string, Partial<ApiKey>>,
  parts: Partial<App> = {},
): Promise<App> {
  const usual = { name: 'seeded', enabled: true, createdTime: 1, createdBy: 'demo', expiresAt: -1 };
  const whole = Object.entries(keys).map(([letter, key]) => [handleOfLetter(letter), { ...usual, ...key }]);
  return service.seed({ ...parts, keys: Object.fromEntries(whole), keyCount: whole.length });
}

/** @returns the path of a key, which its handle or its HRN names */
export function keyPath(app: App, key: string): { app: string; apiKey: string } {
  const hrn = key.startsWith('hrn:') ? key : `hrn:here:account::${app.realm}:apikey/${key}`;
  return { app: hrnOf(app), apiKey: encodeURIComponent(hrn) };
}

/** @returns the header of a caller whose token says this */
export async function tokenOf(
  { issuer }: Pick<TestService, 'issuer'>,
  claims: Record<string, unknown>,
): Promise<{ Authorization: string }> {
  return { Authorization: `Bearer ${await issuer.sign(claims)}` };
}

/** @returns how many replies there are of each code, or of each status where there is none */
export function codesOf(replies: TestReply[]): Record<string, number> {
  const byCode = Map.groupBy(replies, ({ body, statusCode }) => body?.code ?? String(statusCode));
  return Object.fromEntries([...byCode].map(([code, group]) => [code, group.length]));
}

/** The database itself, for what no call of the service does. */
export function database(): DynamoDBDocumentClient {
  return DynamoDBDocumentClient.from(localClient(inject('endpoint')), {
    marshallOptions: { removeUndefinedValues: true },
  });
}

/** Keeps every write that a piece of work sends, to deliver a second copy of each later. */
export async function writesOf(work: () => Promise<unknown>): Promise<{ deliverLate(): Promise<string[]> }> {
  const spy = vi.spyOn(DynamoDBDocumentClient.prototype, 'send');
  try {
    await work();
    const commands = spy.mock.calls
      .map(([command]) => command as object)
      .filter((command) => command instanceof UpdateCommand || command instanceof PutCommand);
    expect(commands).not.toHaveLength(0);
    return { deliverLate: () => Promise.all(commands.map(deliver)) };
  } finally {
    spy.mockRestore();
  }
}

/** @returns `applied`, or the name of the refusal */
async function deliver(command: UpdateCommand | PutCommand): Promise<string> {
  try {
    await database().send(command as UpdateCommand);
    return 'applied';
  } catch (error) {
    return (error as ConditionalCheckFailedException).name;
  }
}
