import { describe, expect, it } from 'vitest';
import { type App, patchApp } from '../../../lib/domain/app.ts';
import { editKey } from '../../../lib/domain/keys-of-app.ts';
import { change, newChange } from '../../../lib/service/use-cases/change.ts';
import { aKey, anApp, handle } from '../../support/apps.ts';
import { aCaller, changingCall } from '../../support/changing-call.ts';
import { overtakenTable, scriptedTable } from '../../support/scripted-table.ts';

const app = anApp();
const key = handle('k');
const keyHrn = `hrn:olp:account::myrealm:apikey/${key}`;
const rename = (found: App) => patchApp(found, { name: 'y' });

describe('the record of a change', () => {
  it('tells who did what, and when', () => {
    const call = changingCall(app, scriptedTable(app));
    expect(newChange(call)).toStrictEqual({
      op: expect.stringMatching(/^[\da-f-]{36}$/),
      at: call.deadline.now(),
      by: 'demo',
      action: 'test',
      correlationId: 'c',
    });
  });

  it('and to which key, if it is about one', () => {
    expect(newChange(changingCall(app, scriptedTable(app)), key).keyHrn).toBe(keyHrn);
  });

  it('has an id of its own', () => {
    const call = changingCall(app, scriptedTable(app));
    expect(newChange(call).op).not.toBe(newChange(call).op);
  });
});

describe('the scopes of a key', () => {
  const keyed = anApp({ keys: { [key]: aKey() } });
  const widen = (found: App) => editKey(found, key, { scopes: ['a', 'b'] });

  it('400200 when the ceiling is lowered between the read and the write', async () => {
    const table = overtakenTable(keyed, { ...keyed, rev: keyed.rev + 1, restrictions: { scopes: ['a'] } });
    const refusal = change(changingCall(keyed, table), widen, key);
    await expect(refusal).rejects.toMatchObject({ code: '400200', parts: { details: [{ source: '$.scopes[1]' }] } });
    expect(table.app?.keys).toEqual(keyed.keys);
  });

  it('are set when the ceiling is raised between the read and the write', async () => {
    const raised = { ...keyed, rev: keyed.rev + 1, restrictions: { scopes: ['b', 'a', 'c'] } };
    const table = overtakenTable(keyed, raised);
    await change(changingCall(keyed, table), widen, key);
    expect(table.app?.keys[key]?.scopes).toEqual(['a', 'b']);
  });
});

describe('a change', () => {
  it('makes of the application what its edit says, under the record that the edit is told', async () => {
    const table = scriptedTable(app);
    const edits: unknown[] = [];
    const changed = await change(
      changingCall(app, table),
      (found, made) => {
        edits.push(found, made);
        return rename(found);
      },
      key,
    );
    expect(edits).toMatchObject([app, changed.lastChange]);
    expect(changed).toMatchObject({ name: 'y', rev: 2, lastChange: { action: 'test', keyHrn } });
    expect(table.app).toEqual(changed);
  });

  it.each([
    ['write', 'write', ['write']],
    ['write', 'write', ['manage']],
    ['manage', 'manage', ['manage']],
  ] as const)('that needs %s is made by who has it: %s, of %j', async (_, access, actions) => {
    const granted = anApp({ grants: { demo: actions } });
    const call = changingCall(granted, scriptedTable(granted), { operation: { id: 'test', access } });
    expect((await change(call, rename)).name).toBe('y');
  });

  it.each([
    ['write', ['read']],
    ['manage', ['write']],
  ] as const)('that needs %s is 403403 for %j, and the log tells what is lacking', async (access, actions) => {
    const granted = anApp({ grants: { demo: actions } });
    const table = scriptedTable(granted);
    const call = changingCall(granted, table, { operation: { id: 'test', access } });
    const cause = `the caller lacks ${access}`;
    await expect(change(call, rename)).rejects.toMatchObject({ code: '403403', cause });
    expect(table.sent).toEqual([]);
  });

  it('is made by who has the right from a token of this partition alone', async () => {
    const without = anApp({ grants: {} });
    const callOf = (partition: string) => {
      const caller = aCaller({ permissions: [`account:write:hrn:${partition}:account::myrealm:app/*`] });
      return changingCall(without, scriptedTable(without), { caller });
    };
    expect((await change(callOf('olp'), rename)).name).toBe('y');
    await expect(change(callOf('here'), rename)).rejects.toMatchObject({ code: '404660' });
  });
});
