import { beforeAll, describe, expect, inject, it } from 'vitest';
import { type Operation, operations } from '../../lib/contract/operations.ts';
import type { App } from '../../lib/domain/app.ts';
import { handleOfLetter, keyPath, seedWithKeys } from '../support/calls.ts';
import type { OperationId } from '../support/events.ts';
import {
  type FailingDatabase,
  type Failure,
  type FailurePlan,
  fatal,
  inside,
  passing,
  startFailingDatabase,
  unclear,
} from '../support/failing-database.ts';
import { startService, type TestReply, type TestService } from '../support/service.ts';

let service: TestService;
let database: FailingDatabase;
/** What a request leaves to the store, less than a second: the rest is for the answer. */
const remainingMs = 2_000;

beforeAll(async () => {
  database = await startFailingDatabase(inject('endpoint'));
  service = await startService({ AWS_ENDPOINT_URL_DYNAMODB: database.endpoint, LAST_USED_SECONDS: 'off' });
  return () => database.stop();
});

const bodies: Partial<Record<OperationId, object>> = {
  putGrant: { actions: ['read'] },
  verifyApiKey: { apiKeyId: 'x' },
  rotateApiKey: {},
  updateApiKey: { name: 'renamed' },
  updateApp: { name: 'renamed' },
};

const routed = (Object.keys(operations) as OperationId[]).filter((id) => {
  const { path, access } = operations[id] as Operation;
  // A key that is verified has to name its application: tests/verifier has the failures of that one read.
  return path && access !== 'public' && access !== 'verify';
});

let cases = 0;

interface Case {
  readonly app: App;
  readonly plan: FailurePlan;
  call(): Promise<TestReply>;
}

/** An application of its own for each case, whose requests fail as planned, called by a principal of its own. */
async function prepare(id: OperationId, failure: Failure, at: number | undefined): Promise<Case> {
  cases += 1;
  const principal = `caller${cases}x`;
  const withKeys = id === 'putIssuer' ? {} : { a: {} };
  const grants = { [principal]: ['manage'], second: ['manage'] } as const;
  const app = await seedWithKeys(service, withKeys, { grants, appId: `case${cases}x` });
  const token = await service.issuer.sign({ sub: principal, permissions: ['account:createApp'] });
  const path = {
    ...keyPath(app, handleOfLetter('a')),
    principal: 'third',
    issuer: encodeURIComponent('https://issuer.example.com'),
  };
  const { body } = operations[id] as Operation;
  const plan: FailurePlan = { needles: [app.appId, principal], failure, at, requests: 0 };
  const call = async () => {
    database.plans.add(plan);
    const reply = await service.call(id, {
      path,
      headers: { Authorization: `Bearer ${token}` },
      ...(body && { body: bodies[id] ?? { name: 'x' } }),
      ...(at === undefined && { remainingMs }),
    });
    database.plans.delete(plan);
    return reply;
  };
  return { app, plan, call };
}

async function expectUnchanged({ app }: Case): Promise<void> {
  const { rev, keys, grants, status } = await service.item(app);
  expect({ rev, keys, grants, status }).toEqual({
    rev: app.rev,
    keys: app.keys,
    grants: app.grants,
    status: app.status,
  });
}

/** A refusal tells nothing of the database, and that nothing was changed unless it says that this is not known. */
async function expectTold(reply: TestReply, of: Case): Promise<void> {
  expect(reply.text).not.toContain(inside);
  expect(reply.text).not.toMatch(/dynamo|exception|appkeys-|ECONN|127\.0/i);
  if (reply.body.cause.includes('not known')) return;
  await expectUnchanged(of);
}

describe.each(routed)('%s', (id) => {
  it.concurrent.each([...passing, ...unclear])('gets over one %s, at whichever request', async (failure) => {
    await Promise.all(
      [0, 1, 2].map(async (at) => {
        const reply = await (await prepare(id, failure, at)).call();
        expect(reply.statusCode, `${at}: ${reply.text}`).toBeLessThan(300);
      }),
    );
  });

  it.concurrent.each([...passing, ...unclear])('503000 when it is always %s', async (failure) => {
    const prepared = await prepare(id, failure, undefined);
    const reply = await prepared.call();
    expect([reply.statusCode, reply.body.code]).toEqual([503, '503000']);
    expect(reply.headers['Retry-After']).toMatch(/^[1-9]\d*$/);
    await expectTold(reply, prepared);
  });

  it.concurrent.each(fatal)('500000 for %s, at whichever request, and no more is tried', async (failure) => {
    const first = await prepare(id, failure, 0);
    const reply = await first.call();
    expect([reply.statusCode, reply.body.code, first.plan.requests]).toEqual([500, '500000', 1]);
    await expectTold(reply, first);
    const second = await prepare(id, failure, 1);
    const later = await second.call();
    // Some calls make one request only.
    if (second.plan.requests > 1) expect([later.body.code, second.plan.requests]).toEqual(['500000', 2]);
    else expect(later.statusCode).toBeLessThan(300);
    if (later.statusCode >= 300) await expectTold(later, second);
  });
});

it('no failure has brought a token or a key into the log', () => {
  const log = service.log.lines().join('\n');
  expect(log).toContain('"503000"');
  expect(log).not.toMatch(/eyJ[\w-]+\.|ak_[A-Za-z0-9]+_[A-Za-z0-9]{49}/);
});
