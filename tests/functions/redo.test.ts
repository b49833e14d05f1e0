import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { redoLines } from '../../infra/scripts/redo.ts';
import { type Operation, operations } from '../../lib/contract/operations.ts';
import type { App, AppPatch } from '../../lib/domain/app.ts';
import type { ApiKeyPatch } from '../../lib/domain/keys-of-app.ts';
import { handleOfLetter, keyPath, seedWithKeys } from '../support/calls.ts';
import type { OperationId } from '../support/events.ts';
import { hrnOf, startService, type TestReply, type TestService } from '../support/service.ts';

let service: TestService;

beforeAll(async () => {
  service = await startService({ verify: { cacheSeconds: 0 } });
});

async function makeKey() {
  const app = await service.seed();
  const { apiKeyId, apiKey } = (await service.generate(app)).body;
  return { app, apiKeyId, path: keyPath(app, apiKey) };
}

async function stateOf(apiKeyId: string): Promise<string> {
  const result = await service.invokeVerify({ apiKeyId });
  const { verification } = result.ok ? result : expect.fail();
  return verification.valid ? `valid until ${verification.expiresAt}` : verification.reason;
}

/** Makes changes and takes them back, as a restored backup does. @returns what was logged meanwhile */
async function loseChanges(app: App, changes: () => Promise<unknown>): Promise<string> {
  const before = await service.item(app);
  const seen = service.log.lines().length;
  await changes();
  await service.seed({ ...before, appId: app.appId });
  return service.log.lines().slice(seen).join('\n');
}

/** Sends a line that `redo` printed. */
async function send(line: string): Promise<TestReply> {
  const [, method = '', path = '', body] = /^(\S+) (\S+) ?(.*)$/.exec(line) ?? [];
  for (const operation of Object.values<Operation>(operations)) {
    const form = new RegExp(`^${operation.path?.replaceAll(/\{(\w+)\}/g, '(?<$1>[^/]+)')}$`);
    const found = operation.method === method.toLowerCase() && form.exec(path);
    if (found) return service.call(operation.id as OperationId, { path: { ...found.groups }, body: body || null });
  }
  return expect.fail(`no call is ${method} ${path}`);
}

async function redo(log: string, now = Date.now()): Promise<void> {
  for (const line of redoLines(log, 'myrealm', now)) expect((await send(line)).statusCode, line).toBeLessThan(300);
}

const tomorrow = Date.now() + 86_400_000;

describe('a key that a restored backup brings back', () => {
  it.each<[OperationId, unknown, string]>([
    ['deleteApiKey', undefined, 'deleted'],
    ['deleteApiKeys', undefined, 'deleted'],
    ['disableApiKey', undefined, 'disabled'],
    ['rotateApiKey', undefined, 'disabled'],
    ['rotateApiKey', { overlapSeconds: 60 }, 'disabled'],
    ['updateApiKey', { expiresAt: tomorrow }, `valid until ${tomorrow}`],
    ['updateApp', { status: 'deactivated' }, 'deactivated'],
    ['deleteApp', undefined, 'deleted'],
  ])('after %s %j: %s once more', async (id, body, state) => {
    const { app, apiKeyId, path } = await makeKey();
    const log = await loseChanges(app, () => service.call(id, { path, body }));
    expect(await stateOf(apiKeyId)).toBe('valid until -1');
    await redo(log);
    expect(await stateOf(apiKeyId)).toBe(state);
  });

  it('is disabled once more after a holder has reported it, but stays enabled with referrers', async () => {
    for (const [restrictions, state] of [
      [{}, 'disabled'],
      [{ referrers: ['a.test'] }, 'referrer'],
    ] as const) {
      const { app, apiKeyId } = await makeKey();
      await service.seed({ ...(await service.item(app)), appId: app.appId, restrictions });
      const log = await loseChanges(app, () => service.call('revokeApiKey', { body: { apiKeyId } }));
      expect(log).toContain('"outcome":');
      await redo(log);
      expect(await stateOf(apiKeyId)).toBe(state);
    }
  });

  it('is deleted when the expiry that it was given has passed', async () => {
    const { app, apiKeyId, path } = await makeKey();
    const log = await loseChanges(app, () => service.call('updateApiKey', { path, body: { expiresAt: tomorrow } }));
    await redo(log, tomorrow);
    expect(await stateOf(apiKeyId)).toBe('deleted');
  });

  it('is enabled, or expires never, if that came last', async () => {
    const { app, apiKeyId, path } = await makeKey();
    const log = await loseChanges(app, async () => {
      await service.call('disableApiKey', { path });
      await service.call('updateApiKey', { path, body: { expiresAt: tomorrow } });
      await service.call('updateApiKey', { path, body: { expiresAt: -1 } });
      await service.call('enableApiKey', { path });
    });
    await redo(log.split('\n').toReversed().join('\n'));
    expect(await stateOf(apiKeyId)).toBe('valid until -1');
  });
});

it('of two changes at once, the later one counts, whichever line was written first', async () => {
  const { app, path } = await makeKey();
  const seen = service.log.lines().length;
  await service.call('updateApiKey', { path, body: { allowedSources: ['0.0.0.0/0'] } });
  await service.call('updateApiKey', { path, body: { allowedSources: ['10.0.0.1'] } });
  const lines = service.log.lines().slice(seen);
  const swapped = lines.map((line) => {
    const record = JSON.parse(line);
    const timestamp = line.includes('10.0.0.1') ? '2026-01-01T00:00:00.000Z' : '2026-01-01T00:00:00.001Z';
    return JSON.stringify({ ...record, timestamp });
  });
  const redone = redoLines(swapped.join('\n'), app.realm, Date.now());
  expect(redone.map((line) => /"allowedSources":(.*)}/.exec(line)?.[1])).toEqual(['["0.0.0.0/0"]', '["10.0.0.1"]']);
});

describe('what narrows a key', () => {
  type Change = ['updateApiKey', ApiKeyPatch] | ['updateApp', AppPatch];
  const before = { scopes: ['a', 'b'], restrictions: { allowedSources: ['10.0.0.0/8'] } };

  /** What decides about a key of an application, as it is stored. */
  async function restrictionsOf(app: App) {
    const { restrictions, keys, status } = await service.item(app);
    const narrowed = Object.values(keys).map(({ name: _, description: __, lastChange: ___, ...key }) => key);
    return { restrictions, status, keys: narrowed };
  }

  /** A log that begins before the backup may give a scope again that the ceiling has left since: 400200, and it is gone. */
  function withoutLostScopes(
    restored: Awaited<ReturnType<typeof restrictionsOf>>,
    wanted: Awaited<ReturnType<typeof restrictionsOf>> | undefined,
    older: readonly Change[],
  ) {
    const keys = restored.keys.map((key, index) => {
      const scopes = wanted?.keys[index]?.scopes ?? [];
      const isNarrower = older.length > 0 && (key.scopes ?? []).every((scope) => scopes.includes(scope));
      return isNarrower ? { ...key, ...(scopes.length > 0 && { scopes }) } : key;
    });
    return { ...restored, keys };
  }

  async function expectRestored(changes: readonly Change[], older: readonly Change[] = []): Promise<string[]> {
    const app = await seedWithKeys(service, { k: before }, { restrictions: { scopes: ['a', 'b', 'c'] } });
    const make = async (made: readonly Change[]) => {
      for (const [id, body] of made) await service.call(id, { path: keyPath(app, handleOfLetter('k')), body });
    };
    const seen = service.log.lines().length;
    await make(older);
    const log = service.log.lines().slice(seen);
    let wanted: Awaited<ReturnType<typeof restrictionsOf>> | undefined;
    log.push(
      await loseChanges(app, async () => {
        await make(changes);
        wanted = await restrictionsOf(app);
      }),
    );
    const lines = redoLines(log.join('\n'), 'myrealm', Date.now());
    for (const line of lines) await send(line);
    expect(withoutLostScopes(await restrictionsOf(app), wanted, older)).toEqual(wanted);
    return lines.map((line) => line.replace(/ .*?(?= \{)/, ''));
  }

  it.each<[Change[], string]>([
    [
      [['updateApiKey', { allowedSources: ['10.1.0.0/16', '::1'] }]],
      'PATCH {"expiresAt":-1,"allowedSources":["10.1.0.0/16","::1"]}',
    ],
    [[['updateApiKey', { scopes: ['a'] }]], 'PATCH {"expiresAt":-1}\nPATCH {"scopes":["a"]}'],
    [
      [['updateApiKey', { scopes: [], allowedSources: [] }]],
      'PATCH {"expiresAt":-1,"allowedSources":[]}\nPATCH {"scopes":[]}',
    ],
    [[['updateApiKey', { expiresAt: tomorrow }]], `PATCH {"expiresAt":${tomorrow}}`],
    [[['updateApiKey', { name: 'x', description: 'y' }]], 'PATCH {"expiresAt":-1}'],
    [[['updateApp', { referrers: ['A.test/'] }]], 'PATCH {"status":"active","referrers":["a.test"]}'],
    [[['updateApp', { scopes: [] }]], 'PATCH {"status":"active","scopes":[]}'],
    [[['updateApp', { scopes: null }]], 'PATCH {"status":"active","scopes":null}'],
    [[['updateApp', { name: 'x', description: 'y' }]], 'PATCH {"status":"active"}'],
    [
      [['updateApp', { status: 'deactivated', referrers: [], scopes: ['a'] }]],
      'PATCH {"status":"deactivated","referrers":[],"scopes":["a"]}',
    ],
  ])('%j is made again: %s', async (changes, line) => {
    expect((await expectRestored(changes)).join('\n')).toBe(line);
  });

  it('is as it was when the ceiling was lowered below scopes that the key has', async () => {
    const lowered: Change[] = [
      ['updateApp', { scopes: ['a'] }],
      ['updateApiKey', { expiresAt: tomorrow, allowedSources: ['::1'] }],
    ];
    await expectRestored(lowered);
    await expectRestored([...lowered, ['updateApp', { scopes: null }], ['updateApiKey', { scopes: ['x'] }]]);
  });

  it('is as it was after any changes, also by a log that begins before the backup', { timeout: 120_000 }, async () => {
    const scopes = fc.subarray(['a', 'b', 'c', 'd']);
    const ofKey = fc.record(
      { scopes, allowedSources: fc.subarray(['10.0.0.1', '::/0']), expiresAt: fc.constantFrom(-1, tomorrow) },
      { requiredKeys: [] },
    );
    const ofApp = fc.record(
      { scopes: fc.option(scopes), referrers: fc.subarray(['a.test', 'b.test']) },
      { requiredKeys: [] },
    );
    const change: fc.Arbitrary<Change> = fc.oneof(
      fc.tuple(fc.constant('updateApiKey' as const), ofKey),
      fc.tuple(fc.constant('updateApp' as const), ofApp),
    );
    const some = fc.array(change, { maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(some, some, async (changes, older) => void (await expectRestored(changes, older))),
      { numRuns: 40 },
    );
  });
});

it('a description, which is free text, is not in the log', async () => {
  const { path } = await makeKey();
  const description = 'what nobody else needs to read';
  await service.call('updateApiKey', { path, body: { description } });
  await service.call('updateApp', { path, body: { description } });
  expect(service.log.lines().join('')).not.toContain(description);
});

it('rights and issuers are as they were in the end', async () => {
  const app = await service.seed();
  const ofPrincipal = (principal: string) => ({ app: hrnOf(app), principal: encodeURIComponent(principal) });
  const ofIssuer = (url: string) => ({ app: hrnOf(app), issuer: encodeURIComponent(url) });
  for (const principal of ['bob', 'carol and "co"'])
    await service.call('putGrant', { path: ofPrincipal(principal), body: { actions: ['read', 'manage'] } });
  await service.call('putIssuer', { path: ofIssuer('https://old.example.com') });
  let wanted: App | undefined;
  const log = await loseChanges(app, async () => {
    await service.call('deleteGrant', { path: ofPrincipal('bob') });
    await service.call('putGrant', { path: ofPrincipal('carol and "co"'), body: { actions: ['read', 'write'] } });
    await service.call('putIssuer', { path: ofIssuer('https://new.example.com/a?b=c') });
    await service.call('deleteIssuer', { path: ofIssuer('https://old.example.com') });
    wanted = await service.item(app);
  });
  await redo(log);
  const { grants, issuers } = await service.item(app);
  expect({ grants, issuers }).toEqual({ grants: wanted?.grants, issuers: wanted?.issuers });
});

it('what was made is lost; what was refused, what may not have been made, other realms and other lines are passed over', () => {
  const line = {
    event: 'audit',
    result: 'done',
    realm: 'myrealm',
    operation: 'deleteApp',
    app: 'hrn:here:account::myrealm:app/a',
    time: '2026-11-27T00:00:00.000Z',
  };
  const others = [
    { ...line, operation: 'generateApiKey' },
    { ...line, operation: 'createApp' },
    { ...line, operation: 'generateApiKeyDirect' },
    { ...line, result: 'refused' },
    { ...line, result: 'unknown' },
    { ...line, realm: 'other' },
    { ...line, event: 'access' },
  ];
  const log = ['> npm start', ...[...others, line].map((each) => JSON.stringify(each)), ''].join('\n');
  expect(redoLines(log, 'myrealm', 0)).toEqual(['DELETE /apps/hrn%3Ahere%3Aaccount%3A%3Amyrealm%3Aapp%2Fa']);
});
