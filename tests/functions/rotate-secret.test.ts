import { randomUUID } from 'node:crypto';
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ApiKey } from '../../lib/domain/api-key.ts';
import type { KeyHandle } from '../../lib/domain/api-key-id.ts';
import type { App } from '../../lib/domain/app.ts';
import { stepNames } from '../../lib/service/use-cases/rotate-secret.ts';
import { aKey } from '../support/apps.ts';
import { interceptSends } from '../support/intercept-sends.ts';
import { type RotatingSecret, type RotationService, startRotationService } from '../support/rotating-secret.ts';
import { hrnOf } from '../support/service.ts';

const hourMs = 60 * 60_000;

let service: RotationService;
let app: App;
let secret: RotatingSecret;

beforeAll(async () => {
  service = await startRotationService();
});

beforeEach(async () => {
  app = await service.seed();
  secret = service.secretOf(app);
});

const keys = async () => (await service.item(app)).keys;
const keyOf = async (handle: KeyHandle | undefined): Promise<ApiKey | undefined> =>
  (await keys())[handle ?? ('' as KeyHandle)];
const isValid = async (stage: 'AWSCURRENT' | 'AWSPREVIOUS') => {
  const verified = await service.invokeVerify({ apiKeyId: secret.value(stage)?.apiKeyId ?? '' });
  return verified.ok && verified.verification.valid;
};
const linesOf = (event: string) =>
  service.log.records().filter((line) => line.event === event && line.secret === secret.arn);
const byHand = (
  id: 'deleteApiKey' | 'disableApiKey' | 'enableApiKey' | 'rotateApiKey',
  stage: 'AWSCURRENT' | 'AWSPENDING',
) => service.call(id, { path: { app: hrnOf(app), apiKey: encodeURIComponent(secret.value(stage)?.apiKey ?? '') } });

/** What the log tells of the last step. */
const codeOf = async (work: Promise<unknown>): Promise<unknown> => {
  await expect(work).rejects.toThrow();
  return linesOf('rotation').at(-1)?.code;
};

describe('a rotation', () => {
  it('gives a secret that names only its application the first key', async () => {
    await secret.rotate();
    const handle = secret.handle('AWSCURRENT');
    expect(secret.value('AWSCURRENT')).toEqual({
      app: `hrn:here:account::myrealm:app/${app.appId}`,
      apiKeyId: expect.stringMatching(/^ak_/),
      apiKey: `hrn:here:account::myrealm:apikey/${handle}`,
    });
    expect(await keys()).toEqual({
      [String(handle)]: {
        name: 'Secrets Manager',
        enabled: true,
        expiresAt: -1,
        createdTime: expect.any(Number),
        createdBy: `lambda:rotateSecret:${secret.arn.split(':secret:')[1]}`,
        lastChange: expect.objectContaining({ action: 'rotateSecret' }),
      },
    });
  });

  it('makes a successor like the key in use, which ends 12 hours later', async () => {
    const given = { name: 'ci', description: 'for builds', scopes: ['a', 'b'], allowedSources: ['10.0.0.0/8'] };
    const { body } = await service.generate(app, { ...given, expiresAt: Date.now() + 100 * hourMs });
    secret.put({ app: body.identity, apiKeyId: body.apiKeyId, apiKey: body.apiKey, note: 'mine' });
    const startedAt = Date.now();
    await secret.rotate();
    expect(secret.value('AWSPREVIOUS')?.apiKeyId).toBe(body.apiKeyId);
    expect(secret.value('AWSCURRENT')).toMatchObject({ note: 'mine' });
    const { apiKey } = secret.value('AWSCURRENT') ?? {};
    const path = { app: hrnOf(app), apiKey: encodeURIComponent(apiKey ?? '') };
    const made = await service.call('getApiKey', { path });
    expect(made.body).toMatchObject({ ...given, expiresAt: -1, rotatedFrom: body.apiKey });
    const { expiresAt = 0 } = (await keyOf(secret.handle('AWSPREVIOUS'))) ?? {};
    expect(expiresAt).toBeGreaterThanOrEqual(startedAt + 12 * hourMs);
    expect(expiresAt).toBeLessThanOrEqual(Date.now() + 12 * hourMs);
  });

  it.each([
    [60, 60_000],
    [0, 0],
  ])('the key before ends after overlapSeconds %i', async (overlapSeconds, ms) => {
    secret.put({ ...secret.value('AWSCURRENT'), overlapSeconds });
    await secret.rotate();
    const startedAt = Date.now();
    await secret.rotate();
    const { expiresAt = 0 } = (await keyOf(secret.handle('AWSPREVIOUS'))) ?? {};
    expect(expiresAt).toBeGreaterThanOrEqual(startedAt + ms);
    expect(expiresAt).toBeLessThanOrEqual(Date.now() + ms);
    expect(secret.value('AWSCURRENT')).toMatchObject({ overlapSeconds });
  });

  it('leaves out scopes that are above the ceiling by now', async () => {
    app = await service.seed({ keys: {}, restrictions: { scopes: ['a', 'b'] } });
    secret = service.secretOf(app);
    const { body } = await service.generate(app, { name: 'ci', scopes: ['a', 'b'] });
    await service.call('updateApp', { path: { app: hrnOf(app) }, body: { scopes: ['b'] } });
    secret.put({ app: body.identity, apiKeyId: body.apiKeyId });
    await secret.rotate();
    expect(await keyOf(secret.handle('AWSCURRENT'))).toMatchObject({ scopes: ['b'] });
  });

  it('never lets a key outlive the end that it has', async () => {
    await secret.rotate();
    const expiresAt = Date.now() + hourMs;
    const { apiKey = '' } = secret.value('AWSCURRENT') ?? {};
    await service.call('updateApiKey', {
      path: { app: hrnOf(app), apiKey: encodeURIComponent(apiKey) },
      body: { expiresAt },
    });
    await secret.rotate();
    expect(await keyOf(secret.handle('AWSPREVIOUS'))).toMatchObject({ expiresAt });
  });

  it('leaves the key in use alone until the secret holds its successor', async () => {
    await secret.rotate();
    const before = await keyOf(secret.handle('AWSCURRENT'));
    const token = secret.begin();
    for (const name of stepNames.slice(0, 3)) {
      await secret.step(name, token);
      expect(await keyOf(secret.handle('AWSCURRENT'))).toEqual(before);
    }
    expect(await keyOf(secret.handle('AWSPENDING'))).toMatchObject({ pending: true });
    await secret.step('finishSecret', token);
    expect(await keyOf(secret.handle('AWSCURRENT'))).not.toHaveProperty('pending');
    expect([await isValid('AWSCURRENT'), await isValid('AWSPREVIOUS')]).toEqual([true, true]);
  });

  it('security 32: logs each step and each change, and no key or token', async () => {
    await secret.rotate();
    const token = await secret.rotate();
    const about = { app: secret.value('AWSCURRENT')?.app, realm: 'myrealm', secret: secret.arn };
    const steps = stepNames.map((step) => ({
      level: 'INFO',
      operation: 'rotateSecret',
      step,
      result: 'done',
      ...about,
    }));
    expect(linesOf('rotation').slice(-4)).toMatchObject(steps);
    const [now, before] = [secret.value('AWSCURRENT')?.apiKey, secret.value('AWSPREVIOUS')?.apiKey];
    const { expiresAt } = (await keyOf(secret.handle('AWSPREVIOUS'))) ?? {};
    expect(linesOf('audit').slice(-3)).toMatchObject([
      { operation: 'generateApiKey', keyHrn: now, result: 'done', ...about },
      { operation: 'rotateSecret', keyHrn: now, result: 'done', ...about },
      { operation: 'updateApiKey', keyHrn: before, expiresAt, result: 'done', ...about },
    ]);
    const kept = service.log.lines().join('\n') + JSON.stringify(await service.item(app));
    expect(kept).not.toContain(secret.value('AWSCURRENT')?.apiKeyId);
    expect(kept).not.toContain(token);
  });
});

it('security 32: what Secrets Manager says of a version is logged without the ID', async () => {
  await secret.rotate();
  const token = secret.begin();
  await secret.step('createSecret', token);
  const { SecretsManagerClient, UpdateSecretVersionStageCommand } = await import('@aws-sdk/client-secrets-manager');
  const other = randomUUID();
  const restore = interceptSends(
    (send) =>
      async function (command, ...rest) {
        if (command instanceof UpdateSecretVersionStageCommand) command.input.RemoveFromVersionId = other;
        return send.call(this, command, ...rest);
      },
    [SecretsManagerClient],
  );
  expect(await codeOf(secret.step('finishSecret', token))).toBe('503000');
  restore();
  expect(linesOf('rotation').at(-1)?.why).toMatch(
    /^InvalidParameterException: AWSCURRENT is at version …, not at …\.$/,
  );
});

describe('testSecret alone, before a first rotation that is to begin later', () => {
  const test = async () => {
    const token = secret.begin();
    const SecretString = JSON.stringify(secret.value('AWSCURRENT'));
    const pending = { SecretId: secret.arn, ClientRequestToken: token, SecretString, VersionStages: ['AWSPENDING'] };
    service.manager.run('PutSecretValue', pending);
    await secret.step('testSecret', token);
  };

  it.each([true, false])('passes for an application that is there; the secret holds a key: %s', async (hasKey) => {
    if (hasKey)
      secret.put({ app: secret.value('AWSCURRENT')?.app, apiKeyId: (await service.generate(app)).body.apiKeyId });
    const item = await service.item(app);
    await test();
    expect(await service.item(app)).toEqual(item);
  });

  it('fails with 404660 for one that is not', async () => {
    secret.put({ app: 'hrn:here:account::myrealm:app/none' });
    expect(await codeOf(test())).toBe('404660');
  });
});

describe('a step that is repeated changes nothing', () => {
  it.each(stepNames)('%s', async (name) => {
    await secret.rotate();
    const token = secret.begin();
    for (const each of stepNames.slice(0, stepNames.indexOf(name) + 1)) await secret.step(each, token);
    const [item, stages] = [await service.item(app), secret.stages()];
    await secret.step(name, token);
    await Promise.all([secret.step(name, token), secret.step(name, token)]);
    expect([await service.item(app), secret.stages()]).toEqual([item, stages]);
  });

  it('all of them after the end', async () => {
    await secret.rotate();
    const token = await secret.rotate();
    const [item, stages] = [await service.item(app), secret.stages()];
    await secret.run(token);
    expect([await service.item(app), secret.stages()]).toEqual([item, stages]);
    expect(linesOf('rotation').slice(-4)).toMatchObject(stepNames.map(() => ({ result: 'already' })));
  });

  it('two rotations at once under one token are one', async () => {
    await secret.rotate();
    const token = secret.begin();
    await Promise.all([secret.step('createSecret', token), secret.step('createSecret', token)]);
    expect(Object.keys(await keys())).toHaveLength(2);
    await Promise.all(
      [secret.run(token, 'setSecret'), secret.run(token, 'setSecret')].map((run) => run.catch(() => {})),
    );
    await secret.run(token);
    expect(await isValid('AWSCURRENT')).toBe(true);
    expect(secret.stages()[token]).toContain('AWSCURRENT');
  });
});

describe('a rotation that cannot go on changes nothing, and the log has its code', () => {
  const anyKey = { name: 'by hand' };

  it('409303 without a free slot', async () => {
    await secret.rotate();
    await service.generate(app, anyKey);
    const item = await service.item(app);
    expect(await codeOf(secret.run(secret.begin()))).toBe('409303');
    expect(await service.item(app)).toEqual(item);
  });

  it('409306 when the application is deactivated, 400337 when it has issuers, 404660 when it is deleted', async () => {
    await secret.rotate();
    const token = secret.begin();
    const path = { app: hrnOf(app) };
    await service.call('updateApp', { path, body: { status: 'deactivated' } });
    expect(await codeOf(secret.run(token))).toBe('409306');
    await service.call('updateApp', { path, body: { status: 'active' } });
    await service.call('deleteApiKeys', { path });
    await service.call('deleteApp', { path });
    expect(await codeOf(secret.run(token))).toBe('404660');
    app = await service.seed({ issuers: ['https://issuer.example.com'] });
    secret = service.secretOf(app);
    expect(await codeOf(secret.run(secret.begin()))).toBe('400337');
  });

  it('404666 when the key in use was deleted, 409306 when it is disabled', async () => {
    await secret.rotate();
    await byHand('disableApiKey', 'AWSCURRENT');
    const token = secret.begin();
    expect(await codeOf(secret.run(token))).toBe('409306');
    await byHand('deleteApiKey', 'AWSCURRENT');
    expect(await codeOf(secret.run(token))).toBe('404666');
    expect(await keys()).toEqual({});
  });

  it.each([
    ['400200', 'no JSON'],
    ['400200', '[]'],
    ['400200', '{"app":1}'],
    ['400201', '{}'],
    ['400288', '{"app":"hrn:here:account::myrealm:app"}'],
    ['400200', '{"app":"x","apiKeyId":1}'],
    ['400200', '{"app":"x","overlapSeconds":-1}'],
    ['400200', '{"app":"x","overlapSeconds":1.5}'],
    ['400200', '{"app":"x","overlapSeconds":31536001}'],
  ])('%s when the secret holds %s', async (code, value) => {
    secret.put(value);
    expect(await codeOf(secret.run(secret.begin()))).toBe(code);
  });

  it('503000 when the secret is deleted, and the next run goes on once it is restored', async () => {
    const token = secret.begin();
    await secret.step('createSecret', token);
    service.manager.run('DeleteSecret', { SecretId: secret.arn });
    expect(await codeOf(secret.step('setSecret', token))).toBe('503000');
    expect(linesOf('rotation').at(-1)?.why).toMatch(/^InvalidRequestException: .*deletion/);
    service.manager.run('RestoreSecret', { SecretId: secret.arn });
    await secret.run(token);
    expect(await isValid('AWSCURRENT')).toBe(true);
  });

  it('409306 when the rotation is switched off, or is not that of the token', async () => {
    await secret.rotate();
    const token = secret.begin();
    expect(await codeOf(secret.step('createSecret', randomUUID()))).toBe('409306');
    service.manager.run('CancelRotateSecret', { SecretId: secret.arn });
    expect(await codeOf(secret.step('createSecret', token))).toBe('409306');
    expect(Object.keys(await keys())).toHaveLength(1);
  });

  it.each(stepNames.slice(1))('409306 when %s comes before createSecret', async (name) => {
    await secret.rotate();
    const item = await service.item(app);
    expect(await codeOf(secret.step(name, secret.begin()))).toBe('409306');
    expect(await service.item(app)).toEqual(item);
  });

  it('503000 when KMS is down, and the next run goes on', async () => {
    service.kms.setUp(false);
    const token = secret.begin();
    expect(await codeOf(secret.run(token))).toBe('503000');
    service.kms.setUp(true);
    await secret.run(token);
    expect(await isValid('AWSCURRENT')).toBe(true);
  });
});

describe('a pending key that somebody has changed by hand does not come into use', () => {
  it.each([
    ['deleteApiKey', 'setSecret', '404666'],
    ['deleteApiKey', 'testSecret', '409306'],
    ['deleteApiKey', 'finishSecret', '404666'],
    ['rotateApiKey', 'setSecret', '404666'],
    ['rotateApiKey', 'testSecret', '409306'],
    ['rotateApiKey', 'finishSecret', '404666'],
    ['disableApiKey', 'testSecret', '409306'],
    ['disableApiKey', 'finishSecret', '409306'],
  ] as const)('%s before %s', async (id, name, code) => {
    await secret.rotate();
    const before = secret.handle('AWSCURRENT');
    const token = secret.begin();
    for (const each of stepNames.slice(0, stepNames.indexOf(name))) await secret.step(each, token);
    await byHand(id, 'AWSPENDING');
    expect(await codeOf(secret.step(name, token))).toBe(code);
    expect(secret.handle('AWSCURRENT')).toBe(before);
    expect(await keyOf(before)).toMatchObject({ expiresAt: -1 });
  });

  it('one that is enabled again does', async () => {
    const token = secret.begin();
    await secret.step('createSecret', token);
    await byHand('disableApiKey', 'AWSPENDING');
    expect(await codeOf(secret.run(token))).toBe('409306');
    await byHand('enableApiKey', 'AWSPENDING');
    await secret.run(token);
    expect(await isValid('AWSCURRENT')).toBe(true);
  });
});

describe('the key of a rotation that was given up', () => {
  it.each(stepNames.slice(0, 3))('after %s is deleted by the next one', async (last) => {
    await secret.rotate();
    const inUse = secret.handle('AWSCURRENT');
    const token = secret.begin();
    for (const name of stepNames.slice(0, stepNames.indexOf(last) + 1)) await secret.step(name, token);
    const abandoned = secret.handle('AWSPENDING');
    secret.giveUp(token);
    await secret.rotate();
    expect(Object.keys(await keys()).sort()).toEqual([inUse, secret.handle('AWSCURRENT')].sort());
    expect(await keys()).not.toHaveProperty(String(abandoned));
    expect(linesOf('audit').filter(({ operation }) => operation === 'deleteApiKey')).toMatchObject([
      { keyHrn: `hrn:here:account::myrealm:apikey/${abandoned}`, result: 'done' },
    ]);
  });

  it('stays if it is that of another secret, and when somebody made it by hand', async () => {
    const other = service.secretOf(app);
    await other.step('createSecret', other.begin());
    const [pending = ''] = Object.keys(await keys());
    await service.generate(app, { name: 'by hand' });
    expect(await codeOf(secret.run(secret.begin()))).toBe('409303');
    expect(await keys()).toHaveProperty(pending);
    expect(Object.keys(await keys())).toHaveLength(2);
  });

  it('a step of it that comes late is rejected', async () => {
    await secret.rotate();
    const token = secret.begin();
    await secret.step('createSecret', token);
    secret.giveUp(token);
    await secret.rotate();
    const [item, stages] = [await service.item(app), secret.stages()];
    for (const name of stepNames) expect(await codeOf(secret.step(name, token))).toBe('409306');
    expect([await service.item(app), secret.stages()]).toEqual([item, stages]);
  });
});

describe('by hand and by schedule', () => {
  it('a new value of the secret becomes what the next rotation starts from', async () => {
    await secret.rotate();
    const old = secret.handle('AWSCURRENT');
    const { body } = await service.generate(app, { name: 'by hand' });
    secret.put({ app: body.identity, apiKeyId: body.apiKeyId, apiKey: body.apiKey });
    // The key before was not replaced by a rotation, and stays until somebody ends it.
    expect(await codeOf(secret.run(secret.begin()))).toBe('409303');
    expect(await keyOf(old)).toMatchObject({ expiresAt: -1 });
  });

  it('a key that was put into the secret by mistake, and taken out again, keeps its end', async () => {
    await secret.rotate();
    const own = secret.value('AWSCURRENT') ?? expect.fail();
    const { body } = await service.generate(app, { name: 'shared' });
    secret.put({ app: own.app, apiKeyId: body.apiKeyId });
    secret.put({ ...own });
    await expect(secret.run(secret.begin())).rejects.toThrow();
    const shared = String(body.apiKey).split('/').at(-1) as KeyHandle;
    expect(await keyOf(shared)).toMatchObject({ expiresAt: -1 });
  });

  it('the key of another secret is not rotated: it would end there', async () => {
    await secret.rotate();
    const own = secret.value('AWSCURRENT') ?? expect.fail();
    const other = service.secretOf(app);
    other.put({ app: own.app, apiKeyId: own.apiKeyId });
    await expect(other.run(other.begin())).rejects.toThrow();
    expect(Object.values(await keys())).toMatchObject([{ expiresAt: -1 }]);
  });

  it('a value that names only the application again gets a first key, and the key before stays', async () => {
    await secret.rotate();
    const old = secret.handle('AWSCURRENT');
    secret.put({ app: secret.value('AWSCURRENT')?.app });
    await secret.rotate();
    expect(await isValid('AWSCURRENT')).toBe(true);
    expect(await keyOf(old)).toMatchObject({ expiresAt: -1 });
  });

  it('a key in use that was rotated by hand with an overlap is followed once it has expired', async () => {
    const { body } = await service.generate(app, { name: 'ci' });
    secret.put({ app: body.identity, apiKeyId: body.apiKeyId });
    const path = { app: hrnOf(app), apiKey: encodeURIComponent(body.apiKey) };
    await service.call('rotateApiKey', { path, body: { overlapSeconds: 60 } });
    const token = secret.begin();
    expect(await codeOf(secret.run(token))).toBe('409303');
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 66_000 });
    await secret.run(token);
    vi.useRealTimers();
    expect(await isValid('AWSCURRENT')).toBe(true);
  });

  it.each([
    ['another overlap', () => ({ ...secret.value('AWSCURRENT'), overlapSeconds: 60 })],
    ['a field of the user', () => ({ ...secret.value('AWSCURRENT'), note: 'mine' })],
    ['the application alone', () => ({ app: secret.value('AWSCURRENT')?.app })],
  ])('a value that somebody puts meanwhile is not lost: %s', async (_, changed) => {
    await secret.rotate();
    const before = secret.handle('AWSCURRENT');
    const token = secret.begin();
    for (const name of stepNames.slice(0, 3)) await secret.step(name, token);
    const value = changed();
    secret.put(value);
    expect(await codeOf(secret.step('finishSecret', token))).toBe('409306');
    expect(secret.value('AWSCURRENT')).toEqual(value);
    secret.giveUp(token);
    // Without a key in it, the key before holds the other slot for ever.
    if (!('apiKeyId' in value)) await service.call('deleteApiKeys', { path: { app: hrnOf(app) } });
    await secret.rotate();
    const { apiKeyId: __, apiKey: ___, ...kept } = value as Record<string, unknown>;
    expect(secret.value('AWSCURRENT')).toMatchObject(kept);
    expect(secret.handle('AWSCURRENT')).not.toBe(before);
  });

  it.each<[string, object]>([
    ['disabled', { enabled: false }],
    ['given fewer scopes', { scopes: ['a'] }],
    ['given allowed sources', { allowedSources: ['10.0.0.0/8'] }],
  ])('the key in use that is %s meanwhile is not undone by its successor', async (_, patch) => {
    const { body } = await service.generate(app, { name: 'ci', scopes: ['a', 'b'] });
    secret.put({ app: body.identity, apiKeyId: body.apiKeyId, apiKey: body.apiKey });
    const token = secret.begin();
    await secret.step('createSecret', token);
    if ('enabled' in patch) await byHand('disableApiKey', 'AWSCURRENT');
    else {
      const path = { app: hrnOf(app), apiKey: encodeURIComponent(String(body.apiKey)) };
      await service.call('updateApiKey', { path, body: patch });
    }
    expect(await codeOf(secret.step('finishSecret', token))).toBe('409306');
    expect(secret.value('AWSCURRENT')?.apiKeyId).toBe(body.apiKeyId);
    expect(await keyOf(secret.handle('AWSPENDING'))).toMatchObject({ pending: true });
  });

  it('a pending key that was rotated with an overlap does not come into use', async () => {
    const token = secret.begin();
    await secret.step('createSecret', token);
    const path = { app: hrnOf(app), apiKey: encodeURIComponent(secret.value('AWSPENDING')?.apiKey ?? '') };
    await service.call('rotateApiKey', { path, body: { overlapSeconds: 60 } });
    expect(await codeOf(secret.run(token))).toBe('409306');
  });

  it('a value that is put after a rotation does not make that one look under way', async () => {
    const token = await secret.rotate();
    expect(secret.stages()[token]).toEqual(['AWSCURRENT']);
    const { app: name } = secret.value('AWSCURRENT') ?? expect.fail();
    await service.call('deleteApiKeys', { path: { app: hrnOf(app) } });
    secret.put({ app: name });
    await secret.rotate();
    expect(await isValid('AWSCURRENT')).toBe(true);
  });

  it('a pending key that somebody has put into use counts as used, and the key before it ends', async () => {
    await secret.rotate();
    const before = secret.handle('AWSCURRENT');
    const token = secret.begin();
    await secret.step('createSecret', token);
    const [from = ''] = Object.entries(secret.stages()).find(([, labels]) => labels.includes('AWSCURRENT')) ?? [];
    const move = { VersionStage: 'AWSCURRENT', RemoveFromVersionId: from, MoveToVersionId: token };
    service.manager.run('UpdateSecretVersionStage', { SecretId: secret.arn, ...move });
    expect(await codeOf(secret.run(secret.begin()))).toBe('409303');
    expect(await keyOf(secret.handle('AWSCURRENT'))).not.toHaveProperty('pending');
    expect(await keyOf(before)).toMatchObject({ rotatedTo: secret.handle('AWSCURRENT') });
  });

  it('409306 for a version AWSPENDING that somebody has put without a key', async () => {
    const token = secret.begin();
    const SecretString = JSON.stringify(secret.value('AWSCURRENT'));
    const pending = { SecretId: secret.arn, ClientRequestToken: token, SecretString, VersionStages: ['AWSPENDING'] };
    service.manager.run('PutSecretValue', pending);
    expect(await codeOf(secret.run(token))).toBe('409306');
    expect(linesOf('rotation').at(-1)?.why).toMatch(/Give the rotation up\.$/);
    expect(await keys()).toEqual({});
  });

  it('the key before whose end somebody has moved keeps that end', async () => {
    await secret.rotate();
    const token = await secret.rotate();
    const path = { app: hrnOf(app), apiKey: encodeURIComponent(secret.value('AWSPREVIOUS')?.apiKey ?? '') };
    await service.call('updateApiKey', { path, body: { expiresAt: -1 } });
    await secret.step('finishSecret', token);
    expect(await codeOf(secret.run(secret.begin()))).toBe('409303');
    expect(await keyOf(secret.handle('AWSPREVIOUS'))).toMatchObject({ expiresAt: -1 });
  });
});

describe('an event', () => {
  const arn = 'arn:aws:secretsmanager:us-east-1:000000000000:secret:x-AbCdEf';
  const token = randomUUID();

  it.each([
    ['no object', null],
    ['no step', { SecretId: arn, ClientRequestToken: token }],
    ['another step', { Step: 'constructor', SecretId: arn, ClientRequestToken: token }],
    ['no ARN', { Step: 'setSecret', SecretId: 'x', ClientRequestToken: token }],
    [
      'an API key in the ARN',
      { Step: 'setSecret', SecretId: `${arn}ak_x_${'1'.repeat(49)}`, ClientRequestToken: token },
    ],
    ['a short token', { Step: 'setSecret', SecretId: arn, ClientRequestToken: 'x' }],
  ])('security 32: with %s is rejected', async (_, event) => {
    await expect(service.invokeRotation(event)).rejects.toThrow('400200');
    expect(service.log.records().at(-1)).toMatchObject({ event: 'rotation', level: 'ERROR', code: '400200' });
    expect(service.log.lines().join('\n')).not.toMatch(/constructor|1{49}/);
  });

  it('of a secret that does not exist fails with 503000', async () => {
    await expect(
      service.invokeRotation({ Step: 'setSecret', SecretId: arn, ClientRequestToken: token }),
    ).rejects.toThrow('503000');
  });
});

it('an application with keys that others made is left as it is', async () => {
  app = await service.seed({ keys: { ['x'.repeat(43)]: aKey({ pending: true }) }, keyCount: 1 });
  secret = service.secretOf(app);
  await secret.rotate();
  expect(Object.keys(await keys())).toHaveLength(2);
});
