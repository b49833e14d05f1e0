import { expect, it } from 'vitest';
import { changeEventOf } from '../../../lib/service/events/change-event.ts';
import { aKey, anApp, handle, now } from '../../support/apps.ts';

const change = { op: 'op', at: now, by: 'demo', action: 'updateApp', correlationId: 'correlation' };
const told = {
  id: 'an-app#7',
  time: now,
  action: 'updateApp',
  principal: 'demo',
  app: 'hrn:olp:account::myrealm:app/an-app',
  realm: 'hrn:olp:account::myrealm:realm/myrealm',
  correlationId: 'correlation',
};
const eventOf = (lastChange: typeof change & object) =>
  changeEventOf(anApp({ appId: 'an-app', rev: 7, lastChange }), 'olp');

it('an event tells who did what to which application, and when', () => {
  expect(eventOf(change)).toStrictEqual(told);
});

it('and to which key; of a rotation the old one too', () => {
  const keys = { keyHrn: 'new', rotatedFrom: 'old' };
  expect(eventOf({ ...change, keyHrn: 'new' } as typeof change)).toStrictEqual({ ...told, apiKey: 'new' });
  expect(eventOf({ ...change, ...keys } as typeof change)).toStrictEqual({
    ...told,
    apiKey: 'new',
    rotatedFrom: 'old',
  });
});

it.each([true, false])('of a key that was reported it tells whether that has disabled it: %s', (disabled) => {
  const keyHrn = `hrn:olp:account::myrealm:apikey/${handle('k')}`;
  const lastChange = { ...change, action: 'apiKeyLeaked', keyHrn };
  const app = anApp({ appId: 'an-app', rev: 7, lastChange, keys: { [handle('k')]: aKey({ enabled: !disabled }) } });
  expect(changeEventOf(app, 'olp')).toStrictEqual({ ...told, action: 'apiKeyLeaked', apiKey: keyHrn, disabled });
});
