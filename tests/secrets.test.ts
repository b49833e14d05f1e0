import { format } from 'node:util';
import { DynamoDBDocumentClient, ScanCommand } from '@aws-sdk/lib-dynamodb';
import { expect, inject, it, vi } from 'vitest';
import { localClient } from '../infra/local/table.ts';
import { changeEventOf } from '../lib/service/events/change-event.ts';
import { restRequest } from './support/authorizer-events.ts';
import { tokenOf } from './support/calls.ts';
import { hrnOf, startService, type TestReply } from './support/service.ts';

it('security 7: a secret is in the body of the 201 that made it, and nowhere else', async () => {
  const errors = captureErrors();
  const service = await startService();
  const app = await service.seed();
  const repeat = { 'Idempotency-Key': 'canary' };
  const replies = [await service.generate(app), await service.generate(app, { name: 'x' }, repeat)];
  const images = [await service.item(app)];
  const apiKey = encodeURIComponent(replies[0]?.body.apiKey);
  replies.push(await service.call('rotateApiKey', { path: { app: hrnOf(app), apiKey }, headers: repeat }));
  images.push(await service.item(app));
  const replayed = await service.generate(app, { name: 'x' }, repeat);
  expect(replayed.body.apiKeyId).toBe(replies[1]?.body.apiKeyId);
  const shown = [
    await service.call('listApiKeys', { path: { app: hrnOf(app) } }),
    await service.call('getApiKey', { path: { app: hrnOf(app), apiKey: encodeURIComponent(replies[2]?.body.apiKey) } }),
  ];
  const direct = await service.invoke({
    app: `hrn:here:account::myrealm:app/${(await service.seed()).appId}`,
    name: 'x',
  });
  const secrets = [...replies.map(({ body }) => body.apiKeyId), direct.ok && direct.apiKey.apiKeyId].map(String);
  expect(new Set(secrets).size).toBe(4);

  const trusted = await tokenOf(service, { permissions: ['account:verify'] });
  const [, ofRepeated = ''] = secrets;
  const verified = [
    await service.call('verifyApiKey', { body: { apiKeyId: ofRepeated }, headers: trusted }),
    await service.call('verifyApiKey', { body: { apiKeyId: `${ofRepeated}~` }, headers: trusted }),
  ];
  const authorized = [
    await service.invokeVerify({ apiKeyId: ofRepeated }),
    await service.authorize(restRequest({ headers: { 'x-api-key': ofRepeated } })),
    ...(await Promise.all(
      [{ query: { key: ofRepeated } }, { headers: { 'x-api-key': `${ofRepeated},${ofRepeated}` } }].map((misplaced) =>
        service.authorize(restRequest(misplaced)).catch((error: Error) => [error.message, error.stack]),
      ),
    )),
  ];
  expect(verified.map(({ body }) => body.valid)).toEqual([true, false]);
  expect(JSON.stringify(authorized)).toContain('Allow');

  const mistakes = [
    await service.call('generateApiKey', { path: { app: secrets[0] ?? '' }, body: { name: 'x' } }),
    await service.call('generateApiKey', {
      path: { app: 'x' },
      query: { apiKey: secrets[0] ?? '' },
      body: { name: 'x' },
    }),
    await service.call('listApps', { query: { apiKey: secrets[0] ?? '' } }),
    await service.call('listApps', { query: { [secrets[0] ?? '']: '1' } }),
    await service.call('listApps', { query: { action: secrets[0] ?? '', limit: secrets[0] ?? '' } }),
    await service.generate(app, `{"name": ${secrets[0]}`),
    await service.generate(app, { [secrets[0] ?? '']: 1, name: 'x' }),
    await service.generate(app, { name: 'x' }, { Authorization: `Bearer ${secrets[0]}` }),
    await service.generate(app, { name: 'x' }, { Authorization: `ApiKey ${secrets[0]}` }),
    await service.call('verifyApiKey', { body: { [secrets[1] ?? '']: secrets[1] ?? '' }, headers: trusted }),
  ];
  for (const { statusCode } of mistakes) expect(statusCode).toBeGreaterThanOrEqual(400);

  const database = DynamoDBDocumentClient.from(localClient(inject('endpoint')));
  const { Items: items } = await database.send(new ScanCommand({ TableName: service.tableName, ConsistentRead: true }));
  const places = {
    items: JSON.stringify(items),
    log: service.log.lines().join('\n'),
    stderr: errors(),
    events: JSON.stringify(images.map((image) => changeEventOf({ ...image, appId: app.appId }, 'here'))),
    headers: JSON.stringify([...replies, ...mistakes].map(({ headers }: TestReply) => headers)),
    errors: JSON.stringify(mistakes.map(({ text }) => text)),
    reads: JSON.stringify([...shown, ...verified].map(({ text }) => text)),
    authorizer: JSON.stringify(authorized),
    environment: JSON.stringify(process.env),
  };
  expect(places.items).toContain('salt');
  expect(places.reads).toContain('apikey/');
  expect(places.log).toContain('keyHrn');
  expect(places.log).toContain('"KeysMade"');
  expect(places.events).toContain('rotatedFrom');
  for (const secret of secrets) {
    const withoutChecksum = secret.split('_').at(-1)?.slice(0, 40) ?? expect.fail();
    for (const [place, text] of Object.entries(places)) expect(text, place).not.toContain(withoutChecksum);
  }
});

/** Keeps what is written to stderr, by the console too, which Vitest puts a stand-in for. @returns it all */
function captureErrors(): () => string {
  const written: string[] = [];
  vi.spyOn(process.stderr, 'write').mockImplementation((chunk) => written.push(String(chunk)) > 0);
  for (const name of ['debug', 'info', 'log', 'warn', 'error'] as const)
    vi.spyOn(console, name).mockImplementation((...said) => void written.push(format(...said)));
  return () => written.join('\n');
}
