import { DeleteCommand, DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb';
import { afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import { localClient } from '../../infra/local/table.ts';
import { freshTable } from '../support/engine.ts';
import { attack, tableOf, unreached } from './hostile/attack.ts';
import { type Mutant, mutants, withMutant } from './hostile/mutants.ts';
import type { CallPlan } from './hostile/requests.ts';
import { send } from './hostile/send.ts';
import { type HostileService, openHostileService } from './hostile/service.ts';
import { issuerUrl } from './hostile/tokens.ts';
import { seed } from './properties/support.ts';

let service: HostileService;

beforeAll(async () => {
  service = await openHostileService(await freshTable());
  return () => service.close();
});

const before = Object.prototype.toLocaleString;

afterEach(() => {
  Reflect.deleteProperty(Object.prototype, 'polluted');
  Object.defineProperty(Object.prototype, 'toLocaleString', { value: before });
});

/** A part of them, the same each time; `node tests/evidence/hostile.ts` sends 100,000. */
describe('hostile input', () => {
  it('brings about nothing that must not be, and reaches every operation', async () => {
    const { seen, failure } = await attack(service, { runs: 2_000, seed });
    expect(failure).toBeUndefined();
    expect(unreached(seen), tableOf(seen).join('\n')).toEqual([]);
  }, 300_000);

  it.each(Object.entries(mutants))('finds a service that %s', async (_, mutant) => {
    const { failure } = await attack(withMutant(service, mutant), { runs: 500, seed, only: mutant.target });
    expect(failure).toMatch(/Violation: /);
    expect(failure).toContain(mutant.words);
  });

  it('says how to send again what failed', async () => {
    const broken = withMutant(service, mutants['answers 500'] ?? expect.fail());
    const again = { runs: 500, seed, only: 'generateApiKey' } as const;
    const { failure } = await attack(broken, again);
    const [, path] = /--only generateApiKey --path ([\d:]+)"/.exec(failure ?? '') ?? [];
    expect((await attack(broken, { ...again, path })).failure).toContain('500: ');
    expect((await attack(service, { ...again, path })).failure).toBeUndefined();
  });

  describe('a path that names an application which is not there', () => {
    const Key = { pk: 'nowhere', sk: 'app' };
    const hrn = `hrn:here:account::myrealm:app/${Key.pk}`;

    it('is refused by the condition of a write, which is no violation', async () => {
      expect(await send(plainCall(hrn), service)).toEqual([{ isDone: false, as: '404660' }]);
    });

    it('is a violation when the application is there afterwards', async () => {
      const database = DynamoDBDocumentClient.from(localClient(inject('endpoint')));
      const wrap: Mutant['wrap'] = (handler) => async (event, context) => {
        await database.send(new PutCommand({ TableName: service.tableName, Item: Key }));
        return handler(event, context);
      };
      const creating = withMutant(service, { target: 'generateApiKey', words: '', wrap });
      await expect(send(plainCall(hrn), creating)).rejects.toThrow('an application was changed');
      await database.send(new DeleteCommand({ TableName: service.tableName, Key }));
    });
  });

  it('demands that its grammar reaches every operation', () => {
    expect(unreached(new Map())).toContain('generateApiKey is never done');
  });
});

/** A manager's request for a key, right in every way, of the application that the HRN names. */
function plainCall(hrn: string): CallPlan {
  const claims = { iss: issuerUrl, aud: 'appkeys', exp: 4_102_444_800, sub: 'manager', rlm: 'myrealm' };
  return {
    kind: 'call',
    target: 'generateApiKey',
    app: 'one',
    nth: 0,
    gateway: 'rest',
    token: { header: { alg: 'ES256', kid: `${issuerUrl}-key` }, claims: JSON.stringify(claims), signature: 'right' },
    authorization: 'Bearer {{token}}',
    path: { app: { encoding: 'once', around: encodeURIComponent(hrn) } },
    query: {},
    headers: { more: [], without: '', casing: 0, maps: 'both' },
    body: { text: '{"name":"a key"}', isBase64Encoded: false },
    again: undefined,
    edits: [],
  };
}
