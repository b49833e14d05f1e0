import { beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { formatApiKeyId } from '../../lib/domain/api-key-id.ts';
import type { App } from '../../lib/domain/app.ts';
import type { OperationId, TestRequest } from '../support/events.ts';
import { type Metered, startMeteredDatabase } from '../support/metered-database.ts';
import { hrnOf, startService, type TestService } from '../support/service.ts';

let service: TestService;
let requests: Metered[];
let app: App;
let path: { app: string; apiKey: string };
let apiKeyId: string;

beforeAll(async () => {
  const database = await startMeteredDatabase(inject('endpoint'));
  requests = database.requests;
  service = await startService({ rateLimit: '1000,1000' }, { AWS_ENDPOINT_URL_DYNAMODB: database.endpoint });
});

beforeEach(async () => {
  app = await service.seed();
  const { body } = await service.generate(app);
  apiKeyId = body.apiKeyId;
  path = { app: hrnOf(app), apiKey: encodeURIComponent(body.apiKey) };
  requests.length = 0;
});

const counted = 'UpdateItem 1';
const read = 'GetItem 1';
const written = 'UpdateItem 1';
const pointer = 'PutItem 1';
const noItem = 'GetItem 1';
/** Of these two, DynamoDB Local alone counts the entry in the index, and dynalite alone the read of what is not there. */
const isLocal = inject('engine') === 'dynamodb-local';
const writtenWithIndex = isLocal ? 'UpdateItem 2' : written;
const readOfUses = isLocal ? 'BatchGetItem 0' : 'BatchGetItem 0.5';

describe('requests to the database, and their capacity units', () => {
  it('generating a key: the count of the rate limit, and one write', async () => {
    await service.generate(app);
    expect(requests).toEqual([counted, written]);
  });

  it('generating a key with an Idempotency-Key: one read more, and one request to KMS', async () => {
    const asked = service.kms.requests();
    await service.generate(app, { name: 'a key' }, { 'Idempotency-Key': 'once' });
    expect(requests).toEqual([counted, read, writtenWithIndex]);
    expect(service.kms.requests() - asked).toBe(1);
  });

  it('generating a key by direct invocation: one write', async () => {
    await service.invoke({ app: decodeURIComponent(path.app), name: 'direct' });
    expect(requests).toEqual([written]);
  });

  it.each<[OperationId, TestRequest, Metered[]]>([
    ['listApiKeys', {}, [counted, read, readOfUses]],
    ['getApiKey', {}, [counted, read, read]],
    ['getApp', {}, [counted, read]],
    ['updateApiKey', { body: { name: 'new' } }, [counted, read, read, written]],
    ['disableApiKey', {}, [counted, read, written]],
    ['deleteApiKey', {}, [counted, read, written]],
    ['deleteApiKeys', {}, [counted, read, written]],
    ['rotateApiKey', { body: {} }, [counted, read, written]],
  ])('%s', async (id, request, expected) => {
    const { statusCode } = await service.call(id, { path, ...request });
    expect(statusCode).toBeLessThan(300);
    expect(requests).toEqual(expected);
  });

  it.each<[string, Record<string, string>, string[]]>([
    ['the first page: pointers, and the applications of the page', {}, ['Query', 'BatchGetItem']],
    ['those on which the caller has a right', { action: 'manage' }, ['Query', 'BatchGetItem']],
    ['how many there are', { limit: '0', action: 'write' }, ['Query']],
  ])('listing applications, %s', async (_, query, expected) => {
    await service.call('createApp', { body: { name: 'x' } });
    requests.length = 0;
    expect((await service.call('listApps', { query })).body.total).toBeGreaterThan(0);
    expect(requests.map((request) => request.split(' ')[0])).toEqual(['UpdateItem', ...expected]);
  });

  it.each<[OperationId, TestRequest, Metered[]]>([
    ['putGrant', { body: { actions: ['read'] } }, [counted, read, noItem, pointer, read, written, pointer]],
    ['deleteGrant', {}, [counted, read, noItem, read]],
  ])('%s of a principal without rights', async (id, request, expected) => {
    const { statusCode } = await service.call(id, { path: { ...path, principal: 'bob' }, ...request });
    expect(statusCode).toBeLessThan(300);
    expect(requests).toEqual(expected);
  });

  it('verifying a key: one read, and one write an hour for when it was used; none while it is remembered', async () => {
    expect(await service.invokeVerify({ apiKeyId })).toMatchObject({ verification: { valid: true } });
    await expect.poll(() => requests).toEqual([read, written]); // the write is not waited for longer than 50 ms
    expect(await service.invokeVerify({ apiKeyId })).toMatchObject({ verification: { valid: true } });
    expect(requests).toEqual([read, written]);
  });

  it('revoking a key without a token: the count, one read, and one write if the key is live', async () => {
    for (const expected of [
      [counted, read, written],
      [counted, read],
    ]) {
      expect((await service.call('revokeApiKey', { body: { apiKeyId } })).statusCode).toBe(202);
      expect(requests.splice(0)).toEqual(expected);
    }
  });

  it('revoking a key of an application that is not there: the count and one read', async () => {
    const other = formatApiKeyId('ak', 'nowhere', new Uint8Array(32));
    expect((await service.call('revokeApiKey', { body: { apiKeyId: other } })).statusCode).toBe(202);
    expect(requests).toEqual([counted, noItem]);
  });

  it('revoking what is no key: none', async () => {
    const wrong = `${apiKeyId.slice(0, -1)}${apiKeyId.endsWith('0') ? '1' : '0'}`;
    for (const text of [wrong, `${apiKeyId}x`, 'ak_'])
      expect((await service.call('revokeApiKey', { body: { apiKeyId: text } })).statusCode).toBe(202);
    expect(requests).toEqual([]);
  });

  it('verifying what is no key: none', async () => {
    await service.invokeVerify({ apiKeyId: `${apiKeyId}x` });
    expect(requests).toEqual([]);
  });
});
