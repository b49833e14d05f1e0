import { describe, expect, it } from 'vitest';
import type { KeyHandle } from '../../../lib/domain/api-key-id.ts';
import type { Notice } from '../../../lib/domain/notices.ts';
import type { EventBus } from '../../../lib/service/event-bus.ts';
import { announcer } from '../../../lib/service/events/sweeper.ts';
import { aKey, anApp, handle, now } from '../../support/apps.ts';
import { captureLog } from '../../support/captured-log.ts';

describe('notices', () => {
  const keys = Object.fromEntries([...'abcdefghijkl'].map((letter) => [handle(letter), aKey()]));
  const app = anApp({ keys });
  const notices = Object.keys(keys).map((key): Notice => ({ handle: key as KeyHandle, name: 'idle', at: now }));
  const taken: EventBus = async (entries) => entries.map(() => undefined);

  it('are sent as events about the key, ten at a time', async () => {
    const sent: Parameters<EventBus>[0][] = [];
    const bus: EventBus = (entries) => {
      sent.push(entries);
      return taken(entries);
    };
    expect(await announcer(bus, 'here')(app, notices)).toBe(12);
    expect(sent.map(({ length }) => length)).toEqual([10, 2]);
    const apiKey = `hrn:here:account::myrealm:apikey/${handle('a')}`;
    expect(sent[0]?.[0]).toMatchObject({ Source: 'appkeys', DetailType: 'apiKeyIdle', Resources: [apiKey] });
    expect(JSON.parse(sent[0]?.[0]?.Detail ?? '')).toEqual({
      id: expect.stringMatching(/^[\w-]{43}$/),
      time: now,
      action: 'apiKeyIdle',
      app: `hrn:here:account::myrealm:app/${app.appId}`,
      realm: 'hrn:here:account::myrealm:realm/myrealm',
      apiKey,
      createdTime: keys[handle('a')]?.createdTime,
      expiresAt: -1,
    });
  });

  it.each<[string, EventBus, number]>([
    ['fails', () => Promise.reject(new Error('down')), 0],
    [
      'takes no more after three',
      async (all) => all.map((_, index) => (index < 3 ? undefined : 'ThrottlingException')),
      3,
    ],
    [
      'never takes one of them',
      async (all) => all.map((_, index) => (index === 3 ? 'MalformedDetail' : undefined)),
      12,
    ],
  ])('that the bus need not be sent again, where it %s', async (_, bus, count) => {
    const log = captureLog();
    expect(await announcer(bus, 'here')(app, notices)).toBe(count);
    expect(log.records()[0]).toMatchObject({ event: 'announce', level: 'ERROR', appId: app.appId });
  });
});
