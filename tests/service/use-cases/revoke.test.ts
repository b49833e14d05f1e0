import { describe, expect, it } from 'vitest';
import type { ApiKey } from '../../../lib/domain/api-key.ts';
import { formatApiKeyId, handleOf } from '../../../lib/domain/api-key-id.ts';
import { deleteApp } from '../../../lib/domain/app.ts';
import { ApiError } from '../../../lib/domain/errors.ts';
import { loggedOf, type Report, type ReportCall, revoke } from '../../../lib/service/use-cases/revoke.ts';
import { aKey, anApp } from '../../support/apps.ts';
import { changingCall } from '../../support/changing-call.ts';
import { fate, overtakenTable, type ScriptedTable, scriptedTable } from '../../support/scripted-table.ts';

const appId = anApp().appId;
const apiKeyId = formatApiKeyId('pre', appId, Buffer.alloc(32, 'k'));
const handle = handleOf(apiKeyId);
const keyHrn = `hrn:olp:account::myrealm:apikey/${handle}`;
const app = anApp({ keys: { [handle]: aKey() } });
const publicApp = { ...app, restrictions: { referrers: ['a.test'] } };
const counted: object[] = [];
const told: object[] = [];

function report(table: ScriptedTable, text: string = apiKeyId, parts: Partial<ReportCall> = {}): Promise<Report> {
  counted.length = 0;
  told.length = 0;
  const countReport: ReportCall['countReport'] = async (client) => void counted.push(client);
  const about: ReportCall['about'] = (found) => void told.push(found);
  return revoke({ ...changingCall(app, table), countReport, about, source: '203.0.113.7', ...parts }, text);
}

describe('a report of a key', () => {
  it('disables it by one count, one read and one write, and says so', async () => {
    const table = scriptedTable(app);
    const found = await report(table, ` ${apiKeyId}\n`);
    expect([table.reads, table.sent.length, counted]).toEqual([1, 1, [{ issuer: '', principal: '203.0.113.7' }]]);
    expect(table.app?.keys[handle]).toMatchObject(aKey({ enabled: false, disabledReason: 'leaked' }));
    const { op, at, ...change } = table.app?.lastChange ?? expect.fail();
    expect(change).toEqual({ by: 'lambda:revokeApiKey', action: 'apiKeyLeaked', keyHrn, correlationId: 'c' });
    expect([op, at]).toEqual([expect.stringMatching(/^[\da-f-]{36}$/), expect.any(Number)]);
    expect(loggedOf(found, 'olp')).toEqual({
      outcome: 'disabled',
      app: `hrn:olp:account::myrealm:app/${appId}`,
      realm: 'myrealm',
      keyHrn,
      rev: String(app.rev + 1),
    });
  });

  it('that is public in web pages leaves it enabled', async () => {
    const table = scriptedTable(publicApp);
    expect(await report(table)).toMatchObject({ outcome: 'reported', keyHrn });
    expect(table.app?.keys).toEqual(app.keys);
    expect(await report(table)).toMatchObject({ outcome: 'reported', keyHrn });
    expect(table.sent).toHaveLength(1);
  });

  it.each<[string, Parameters<typeof scriptedTable>[0]]>([
    ['of no application', undefined],
    ['of a deleted application', deleteApp(app)],
    ['that is gone', { ...app, keys: {} }],
  ])('%s writes nothing', async (_, found) => {
    const table = scriptedTable(found);
    expect(loggedOf(await report(table), 'olp')).toEqual({ outcome: 'nothing' });
    expect([table.sent, counted.length]).toEqual([[], 1]);
  });

  it.each<[string, Partial<ApiKey>, string]>([
    ['that is disabled', { enabled: false }, 'ended'],
    ['that has expired', { expiresAt: 1 }, 'ended'],
    ['that was reported before', { enabled: false, disabledReason: 'leaked' }, 'disabled'],
  ])('%s writes nothing, and the log tells the key', async (_, key, outcome) => {
    const table = scriptedTable({ ...app, keys: { [handle]: aKey(key) } });
    expect(await report(table)).toMatchObject({ outcome, keyHrn });
    expect([table.sent, told]).toEqual([[], [{ appHrn: `hrn:olp:account::myrealm:app/${appId}`, keyHrn }]]);
  });

  it.each(['', 'x', `${apiKeyId}x`, apiKeyId.replace('pre', 'ak')])('that is none costs nothing: %j', async (text) => {
    const table = scriptedTable(app);
    expect(loggedOf(await report(table, text), 'olp')).toEqual({ outcome: 'malformed' });
    expect([table.reads, counted]).toEqual([0, []]);
  });

  it('is not looked at when there were too many', async () => {
    const table = scriptedTable(app);
    const countReport = async () => {
      throw new ApiError('429003');
    };
    await expect(report(table, apiKeyId, { countReport })).rejects.toMatchObject({ code: '429003' });
    expect(table.reads).toBe(0);
  });
});

describe('a report that is overtaken', () => {
  const next = { ...app, rev: app.rev + 1 };

  it.each([
    ['by the deletion of the application', { ...deleteApp(app), rev: app.rev + 1 }, 'nothing'],
    ['by the deletion of the key', { ...next, keys: {} }, 'ended'],
    ['by its owner, who disables it', { ...next, keys: { [handle]: aKey({ enabled: false }) } }, 'ended'],
    [
      'by another report',
      { ...next, keys: { [handle]: aKey({ enabled: false, disabledReason: 'leaked' }) } },
      'disabled',
    ],
  ])('%s writes nothing more', async (_, others, outcome) => {
    const table = overtakenTable(app, others);
    expect(await report(table)).toMatchObject({ outcome });
    expect(table.sent).toHaveLength(1);
  });

  it('by another change disables the key all the same', async () => {
    const table = overtakenTable(app, { ...next, name: 'renamed' });
    expect(await report(table)).toMatchObject({ outcome: 'disabled' });
    expect(table.app).toMatchObject({ name: 'renamed', keys: { [handle]: { disabledReason: 'leaked' } } });
  });

  it('by nobody, but its answer is lost, is known to be done', async () => {
    const table = scriptedTable(app, [fate.answerLost]);
    expect(await report(table)).toMatchObject({ outcome: 'disabled' });
  });

  it('503000 where the database has no time', async () => {
    await expect(report(scriptedTable(app, [fate.tooBusy]))).rejects.toMatchObject({ code: '503000' });
  });
});
