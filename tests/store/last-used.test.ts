import { describe, expect, it } from 'vitest';
import { recordUse } from '../../lib/store/last-used.ts';
import { anApp, handle, now } from '../support/apps.ts';
import { scriptedTable } from '../support/scripted-table.ts';

const use = { appId: anApp().appId, handle: handle('a'), at: now, periodMs: 60_000 };
const usedAt = (ms: number) => anApp({ lastUsed: { [handle('a')]: ms } });

describe('the time of a use', () => {
  it.each([
    ['the first', anApp(), 'applied'],
    ['one a period after the last', usedAt(now - 60_000), 'applied'],
    ['one sooner', usedAt(now - 59_999), 'refused'],
  ])('%s: %s', async (_, app, outcome) => {
    const table = scriptedTable(app);
    expect(await recordUse(table, use)).toMatchObject({ outcome });
    const lastUsed = outcome === 'applied' ? { [handle('a')]: now, latest: handle('a') } : app.lastUsed;
    expect(table.app).toMatchObject({ lastUsed, rev: app.rev });
  });

  it('makes no application, and asks for nothing back and for no attribute but its own', async () => {
    const table = scriptedTable(undefined);
    await recordUse(table, { ...use, appId: 'none' });
    expect(table.app).toBeUndefined();
    const [update] = table.sent;
    expect(update).toMatchObject({ ReturnValuesOnConditionCheckFailure: 'NONE' });
    expect(Object.values(update?.ExpressionAttributeNames ?? {})).toEqual(['lastUsed', handle('a'), 'latest', 'pk']);
  });
});
