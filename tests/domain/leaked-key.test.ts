import { expect, it } from 'vitest';
import type { ApiKey } from '../../lib/domain/api-key.ts';
import { editKey } from '../../lib/domain/keys-of-app.ts';
import { leaked, reportKey } from '../../lib/domain/leaked-key.ts';
import { aKey, anApp, expiredKey, handle, now } from '../support/apps.ts';

const [k, other] = [handle('k'), handle('o')];
const change = { op: 'op', at: now, by: 'x', action: leaked, keyHrn: 'hrn', correlationId: 'x' };
const restrictions = { referrers: ['www.example.com'] };

it('a live key is disabled, with the reason, and no other one', () => {
  const app = anApp({ keys: { [k]: aKey({ scopes: ['a'] }), [other]: aKey() } });
  const keys = { [k]: { ...aKey({ scopes: ['a'] }), enabled: false, disabledReason: 'leaked' }, [other]: aKey() };
  expect(reportKey(app, k, change)).toEqual({ ...app, keys });
});

it.each<[string, Partial<ApiKey>]>([
  ['has just expired, by this clock', { expiresAt: now - 4_999 }],
  ['belongs to a deactivated application', {}],
])('so is one that %s', (_, key) => {
  const app = anApp({ keys: { [k]: aKey(key) }, status: 'deactivated' });
  expect(reportKey(app, k, change).keys[k]?.enabled).toBe(false);
});

it.each<[string, Record<string, ApiKey>]>([
  ['gone', {}],
  ['expired', { [k]: expiredKey() }],
  ['disabled', { [k]: aKey({ enabled: false }) }],
  ['disabled as leaked', { [k]: aKey({ enabled: false, disabledReason: 'leaked' }) }],
])('one that is %s stays so', (_, keys) => {
  for (const parts of [{}, { restrictions }]) {
    const app = anApp({ keys, ...parts });
    expect(reportKey(app, k, change)).toBe(app);
  }
});

it('one that is public in web pages stays enabled; the report alone is a change, unless it is the last one already', () => {
  const app = anApp({ keys: { [k]: aKey() }, restrictions });
  const reported = reportKey(app, k, change);
  expect(reported).not.toBe(app);
  expect(reported).toEqual(app);
  const again = { ...app, lastChange: change };
  expect(reportKey(again, k, change)).toBe(again);
  expect(reportKey(again, k, { ...change, keyHrn: 'another' })).not.toBe(again);
  const changed = { ...app, lastChange: { ...change, action: 'updateApp' } };
  expect(reportKey(changed, k, change)).not.toBe(changed);
});

it('the reason stays as long as the key is disabled', () => {
  const app = anApp({ keys: { [k]: aKey({ enabled: false, disabledReason: 'leaked' }) } });
  expect(editKey(app, k, { enabled: false })).toBe(app);
  expect(editKey(app, k, { name: 'new' }).keys[k]).toMatchObject({ enabled: false, disabledReason: 'leaked' });
  expect(editKey(app, k, { enabled: true }).keys[k]).toEqual(aKey());
});
