import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { marshall } from '@aws-sdk/util-dynamodb';
import type { DynamoDBStreamEvent } from 'aws-lambda';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { App } from '../../lib/domain/app.ts';
import { keyPath } from '../support/calls.ts';
import { hrnOf, startService, type TestService } from '../support/service.ts';

let service: TestService;
let publish: (event: unknown) => Promise<unknown>;
/** What came on the bus; and which entries, counted from the first, are refused. */
let events: { Source: string; DetailType: string; EventBusName: string; Detail: string }[] = [];
let refused = new Set<number>();
let status = 200;

beforeAll(async () => {
  const server = createServer(async (request, response) => {
    const { Entries = [] } = JSON.parse(await text(request));
    const answers = Entries.map((entry: (typeof events)[number]) => {
      if (refused.delete(events.length)) return { ErrorCode: 'ThrottlingException' };
      events.push(entry);
      return { EventId: 'x' };
    });
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' });
    response.end(JSON.stringify({ Entries: answers, FailedEntryCount: 0 }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  server.unref();
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  service = await startService({ eventBus: 'audit' }, { AWS_ENDPOINT_URL_EVENTBRIDGE: endpoint });
  publish = (await import('../../functions/publish-changes.ts')).handler as typeof publish;
});

beforeEach(() => {
  events = [];
  refused = new Set();
  status = 200;
});

/** The stream's records of these images of an application, in order. */
function streamOf(images: readonly App[]): DynamoDBStreamEvent {
  const Records = images.map((image, index) => ({
    eventName: 'MODIFY' as const,
    dynamodb: { SequenceNumber: String(index), NewImage: marshall(image, { removeUndefinedValues: true }) },
  }));
  return { Records } as unknown as DynamoDBStreamEvent;
}

async function changedTwice(): Promise<App[]> {
  const app = await service.seed();
  await service.generate(app, { name: 'x' }, { 'X-Correlation-ID': 'corr-7', 'X-Request-ID': 'req-7' });
  const one = await service.item(app);
  const handle = Object.keys(one.keys)[0];
  const apiKey = encodeURIComponent(`hrn:here:account::myrealm:apikey/${handle}`);
  await service.call('disableApiKey', {
    path: { app: encodeURIComponent(`hrn:here:account::myrealm:app/${app.appId}`), apiKey },
  });
  return [one, await service.item(app)];
}

describe('publish changes', () => {
  it('one event a change: who, what, which application and key, when; the correlation id, never the request id', async () => {
    const images = await changedTwice();
    expect(await publish(streamOf(images))).toEqual({ batchItemFailures: [] });
    expect(events).toMatchObject([
      { EventBusName: 'audit', Source: 'appkeys', DetailType: 'generateApiKey' },
      { DetailType: 'disableApiKey' },
    ]);
    const [made, disabled] = events.map(({ Detail }) => JSON.parse(Detail));
    expect(made).toEqual({
      id: `${made.app.split('/')[1]}#2`,
      time: expect.any(Number),
      action: 'generateApiKey',
      principal: 'demo',
      app: expect.stringMatching(/^hrn:here:account::myrealm:app\//),
      realm: 'hrn:here:account::myrealm:realm/myrealm',
      apiKey: expect.stringMatching(/^hrn:here:account::myrealm:apikey\//),
      correlationId: 'corr-7',
    });
    expect(disabled).toMatchObject({ action: 'disableApiKey', apiKey: made.apiKey });
    expect(JSON.stringify(events)).not.toContain('req-7');
  });

  it.each([
    [{}, true],
    [{ referrers: ['a.test'] }, false],
  ])(
    'a key that whoever holds it has reported is the event apiKeyLeaked; with %j disabled: %s',
    async (restrictions, disabled) => {
      const app = await service.seed({ restrictions });
      const { apiKeyId, apiKey } = (await service.generate(app, { name: 'x' })).body;
      await service.call('revokeApiKey', { body: { apiKeyId }, source: '198.51.100.9' });
      await publish(streamOf([await service.item(app)]));
      expect(events).toMatchObject([{ DetailType: 'apiKeyLeaked' }]);
      expect(JSON.parse(events[0]?.Detail ?? '')).toMatchObject({ principal: 'lambda:revokeApiKey', apiKey, disabled });
      expect(JSON.stringify(events)).not.toContain('198.51.100.9');
    },
  );

  it('a change that is delivered twice has the same id', async () => {
    const images = await changedTwice();
    await publish(streamOf(images));
    await publish(streamOf(images));
    const ids = events.map(({ Detail }) => JSON.parse(Detail).id);
    expect(ids.slice(0, 2)).toEqual(ids.slice(2));
  });

  it('what the bus does not take comes again from there on', async () => {
    const [image] = await changedTwice();
    const images = Array.from({ length: 25 }, () => image as App);
    refused.add(13);
    expect(await publish(streamOf(images))).toEqual({ batchItemFailures: [{ itemIdentifier: '13' }] });
    status = 500;
    expect(await publish(streamOf(images))).toEqual({ batchItemFailures: [{ itemIdentifier: '0' }] });
  });

  it('a change without a number that the bus does not take brings all of its batch again', async () => {
    const { Records = [] } = streamOf(await changedTwice());
    const unnumbered = Records.map(({ dynamodb }) => ({ dynamodb: { ...dynamodb, SequenceNumber: undefined } }));
    refused.add(1);
    expect(await publish({ Records: unnumbered })).toEqual({ batchItemFailures: [{ itemIdentifier: '' }] });
  });

  it('what is no application is left out, if the filter lets it through', async () => {
    const rate = { pk: 'rate#x#y', sk: 'rate', tat: 1 } as unknown as App;
    await publish(streamOf([rate]));
    expect(events).toEqual([]);
  });
});

it('every change, and every refusal of authority, is one audit record in the log', async () => {
  const app = await service.seed();
  const stranger = { Authorization: `Bearer ${await service.issuer.sign({ sub: 'stranger' })}` };
  await service.generate(app);
  await service.generate(app, { name: 'x' }, stranger);
  await service.generate(app, {});
  const audits = service.log.records().filter(({ event }) => event === 'audit');
  expect(audits.slice(-2)).toMatchObject([
    {
      operation: 'generateApiKey',
      principal: 'demo',
      app: `hrn:here:account::myrealm:app/${app.appId}`,
      keyHrn: expect.stringContaining('apikey/'),
      result: 'done',
      correlation_id: expect.any(String),
      timestamp: expect.any(String),
    },
    { operation: 'generateApiKey', principal: 'stranger', result: 'refused', code: '404660' },
  ]);
});

it('an audit record says what the expiry of a key, or the status of an application, has become', async () => {
  const app = await service.seed();
  const { apiKey } = (await service.generate(app)).body;
  const expiresAt = Date.now() + 60_000;
  await service.call('updateApiKey', { path: keyPath(app, apiKey), body: { expiresAt } });
  await service.call('updateApp', { path: { app: hrnOf(app) }, body: { status: 'deactivated' } });
  const audits = service.log.records().filter(({ event }) => event === 'audit');
  expect(audits.slice(-2)).toMatchObject([
    { operation: 'updateApiKey', keyHrn: apiKey, expiresAt: String(expiresAt) },
    { operation: 'updateApp', appStatus: 'deactivated' },
  ]);
});
