import { createHmac } from 'node:crypto';
import type { App } from '../../lib/domain/app.ts';
import type { Caller } from '../../lib/domain/policy.ts';
import type { ChangingCall } from '../../lib/service/use-cases/change.ts';
import type { Table } from '../../lib/store/table.ts';
import { fakeDeadline } from './fake-deadline.ts';
import { testSettings } from './settings.ts';

export const partition = 'olp';

const settings = testSettings({ partition, tableName: 'a-table', keys: { prefix: 'pre' }, serviceKeyId: 'a-key' });

/** Who calls: `demo`, whose token gives nothing, unless told otherwise. */
export function aCaller(parts: Partial<Caller> = {}): Caller {
  return { principal: 'demo', issuer: 'i', realm: 'myrealm', permissions: [], hasProjectScope: false, ...parts };
}

/** A call of `demo` that may change an application on a table. */
export function changingCall(app: App, table: Table, parts: Partial<ChangingCall> = {}): ChangingCall {
  return {
    app: { realm: app.realm, appId: app.appId },
    table,
    settings,
    caller: aCaller(),
    operation: { id: 'test', access: 'write' },
    mac: async (message) => createHmac('sha256', 'service key').update(message).digest(),
    deadline: fakeDeadline(),
    correlationId: 'c',
    ...parts,
  };
}
