import { expect, it } from 'vitest';
import { type Operation, operations } from '../../../lib/contract/operations.ts';
import type { KeyHandle } from '../../../lib/domain/api-key-id.ts';
import { type App, newApp } from '../../../lib/domain/app.ts';
import type { Table } from '../../../lib/store/table.ts';
import { systemClock } from '../../../lib/verification/verifier.ts';
import { perform } from '../../evidence/interleavings/calls.ts';
import { MemoryTable, openMemoryTable } from '../../evidence/interleavings/memory-table.ts';
import type { Body, ModelCall } from '../../evidence/properties/model.ts';

const who = { principal: 'demo', realm: 'myrealm', fromToken: [] } as const;
const handle = 'h'.repeat(43) as KeyHandle;
const ref = { realm: 'myrealm', appId: 'app1' };
const apiKey = { name: 'x', enabled: true, createdTime: 1, createdBy: 'demo', expiresAt: -1 };
const seed = { name: 'x', owner: 'demo', now: 1, op: 'seed', correlationId: 'seed' };
const withKey: Partial<App> = { keys: { [handle]: apiKey }, keyCount: 1 };

/** What each write call finds, so that there is something to write; and what it asks. */
const asked: Readonly<Record<string, { found?: Partial<App>; body?: Body; key?: string; subject?: string }>> = {
  generateApiKey: { found: withKey, body: { name: 'y' } },
  updateApiKey: { found: withKey, key: handle, body: { name: 'y' } },
  enableApiKey: { found: { keys: { [handle]: { ...apiKey, enabled: false } }, keyCount: 1 }, key: handle },
  disableApiKey: { found: withKey, key: handle },
  rotateApiKey: { found: withKey, key: handle },
  deleteApiKey: { found: withKey, key: handle },
  deleteApiKeys: { found: withKey },
  updateApp: { body: { name: 'y', status: 'deactivated' } },
  deleteApp: {},
  putGrant: { subject: 'ann', body: { actions: ['manage'] } },
  deleteGrant: { found: { grants: { demo: ['manage'], ann: ['read'] } }, subject: 'ann' },
  putIssuer: { subject: 'https://idp.example' },
  deleteIssuer: { found: { issuers: ['https://idp.example'] }, subject: 'https://idp.example' },
};

const writes = Object.values<Operation>(operations).filter(
  ({ path, method, access }) => path?.includes('{app}') && method !== 'get' && access !== 'read',
);

it.each(writes.map(({ id }) => id))(
  'security 12: %s, whose write comes after the application is deleted, revives nothing: 404660',
  async (id) => {
    const { found, ...call } = asked[id] ?? expect.fail(`nothing is known of ${id}`);
    const memory = new MemoryTable();
    const { appId: pk, ...attributes } = { ...newApp({ ...seed, ...ref }), ...found };
    memory.write({ kind: 'put', put: { Item: { pk, sk: 'app', ...attributes } } });
    const table = openMemoryTable(memory);
    const deadline = { ...systemClock, at: Date.now() + 60_000 };
    let deleted: unknown;
    const overtaken: Table = {
      ...table,
      async attemptUpdate(update) {
        if (!deleted) await perform({ id: 'deleteApp', who }, { app: ref, table, deadline });
        deleted ??= memory.get({ pk, sk: 'app' });
        return table.attemptUpdate(update);
      },
    };
    const late = perform({ id, who, ...call } as ModelCall, { app: ref, table: overtaken, deadline });
    await expect(late).rejects.toMatchObject({ code: '404660' });
    expect(deleted).toMatchObject({ status: 'deleted', keyCount: 0 });
    expect(memory.get({ pk, sk: 'app' })).toEqual(deleted);
  },
);
