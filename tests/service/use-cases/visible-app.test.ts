import { expect, it } from 'vitest';
import { visibleApp } from '../../../lib/service/use-cases/visible-app.ts';
import { anApp } from '../../support/apps.ts';
import { aCaller, changingCall } from '../../support/changing-call.ts';
import { scriptedTable } from '../../support/scripted-table.ts';

/** What of an application a caller sees to whom it grants this. */
function seen(grants: ReturnType<typeof anApp>['grants'], access: string, permissions: string[] = []) {
  const app = anApp({ grants });
  const call = changingCall(app, scriptedTable(app), {
    operation: { id: 'test', access },
    caller: aCaller({ permissions }),
  });
  return visibleApp(call);
}

it.each([
  ['read', 'read'],
  ['read', 'write'],
  ['write', 'write'],
  ['manage', 'manage'],
] as const)('who has %s sees the application of an operation that needs %s', async (action, access) => {
  expect(await seen({ demo: [action] }, access)).toMatchObject(anApp({ grants: { demo: [action] } }));
});

it('who has it from a token of this partition does too', async () => {
  const permission = 'account:read:hrn:olp:account::myrealm:app/*';
  expect(await seen({}, 'read', [permission])).toMatchObject(anApp({ grants: {} }));
});

it.each([
  ['403403', 'manage', { demo: ['write'] }, 'the caller lacks manage'],
  ['404660', 'read', { other: ['manage'] }, 'the caller has no right on the application'],
] as const)('%s where %s is needed, of the rights %j; the log tells that %s', async (code, access, grants, cause) => {
  await expect(seen(grants, access)).rejects.toMatchObject({ code, cause });
});

it('404660 where there is none, or none of this realm', async () => {
  const app = anApp();
  const code = '404660';
  await expect(visibleApp(changingCall(app, scriptedTable(undefined)))).rejects.toMatchObject({ code });
  const caller = aCaller({ realm: 'other' });
  await expect(visibleApp(changingCall(app, scriptedTable(app), { caller }))).rejects.toMatchObject({ code });
});
