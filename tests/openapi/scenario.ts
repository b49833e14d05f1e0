import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import type { Answer, Calls } from './clients/calls.ts';

/** Principals as tokens of real issuers name them, with all that a path can get wrong. */
const principals = [
  'ci',
  'repo:my-org/my-repo:ref:refs/heads/main',
  'auth0|5f7c8ec7',
  'zoë+test@例え.jp',
  "a b?c#d&e=f;g(h)!*'~",
  '日本語 😀',
];
const issuer = 'https://issuer.example.com/tenants/a?b=c';

/** Goes through the life of an application and its keys by a generated client. */
export async function playScenario(as: Calls, stranger: Calls): Promise<void> {
  const app = await playApplication(as);
  const { first, second } = await playTwoKeys(as, app);
  await playOneKey(as, app, first);
  await playRotation(as, app, first, second.apiKey);
  await playGrants(as, app);
  await playIssuers(as, app);
  await refused(stranger.getApp(app), 404, '404660');
  await done(as.deleteApp(app));
  await refused(as.getApp(app), 404, '404660');
}

async function playApplication(as: Calls): Promise<string> {
  const name = `scenario ${randomUUID()}`;
  const { hrn } = await given(as.createApp({ name }), 200);
  expect(await given(as.getApp(hrn), 200)).toMatchObject({ hrn, name, description: '', status: 'active' });
  const description = '\n\tKünstliche Intelligenz 😀 ';
  const updated = await given(as.updateApp(hrn, { description }), 200);
  expect(updated.description).toBe(description.trim());
  await given(as.createApp({ name: 'another', description }), 200);
  expect(await everyApp(as)).toContain(hrn);
  return hrn;
}

async function everyApp(as: Calls): Promise<string[]> {
  const found: string[] = [];
  let pageToken: string | undefined;
  do {
    const page = await given(as.listApps(1, pageToken), 200);
    found.push(...page.items.map(({ hrn }) => hrn));
    pageToken = page.pageToken;
  } while (pageToken !== undefined);
  return found;
}

async function playTwoKeys(as: Calls, app: string) {
  const idempotencyKey = randomUUID();
  const first = await given(as.generateApiKey(app, { name: 'first' }, idempotencyKey), 201);
  expect(first).toMatchObject({ name: 'first', enabled: true, expiresAt: -1 });
  expect(await given(as.generateApiKey(app, { name: 'first' }, idempotencyKey), 201)).toEqual(first);
  await refused(as.generateApiKey(app, { name: 'other' }, idempotencyKey), 422, '422409');
  const invisible = await refused(as.generateApiKey(app, { name: 'a\u200bb' }, randomUUID()), 400, '400200');
  expect(invisible.details?.map(({ source }) => source)).toEqual(['$.name']);
  const second = await given(as.generateApiKey(app, { name: 'second' }, randomUUID()), 201);
  await refused(as.generateApiKey(app, { name: 'third' }, randomUUID()), 409, '409303');
  const { items } = await given(as.listApiKeys(app), 200);
  expect(items.map(({ apiKey }) => apiKey)).toEqual([first.apiKey, second.apiKey]);
  expect(JSON.stringify(items)).not.toContain('apiKeyId');
  return { first, second };
}

async function playOneKey(as: Calls, app: string, { apiKey, apiKeyId }: { apiKey: string; apiKeyId: string }) {
  expect(await given(as.verifyApiKey(apiKeyId), 200)).toMatchObject({ valid: true, identity: app });
  expect(await given(as.updateApiKey(app, apiKey, { name: 'renamed' }), 200)).toMatchObject({ name: 'renamed' });
  await done(as.disableApiKey(app, apiKey));
  expect(await given(as.getApiKey(app, apiKey), 200)).toMatchObject({ apiKey, name: 'renamed', enabled: false });
  await done(as.enableApiKey(app, apiKey));
  expect(await given(as.verifyApiKey('no key'), 200)).toMatchObject({ valid: false });
}

async function playRotation(as: Calls, app: string, first: { apiKey: string; apiKeyId: string }, second: string) {
  await refused(as.rotateApiKey(app, first.apiKey, { overlapSeconds: 60 }), 409, '409303');
  await done(as.deleteApiKey(app, second));
  await refused(as.getApiKey(app, second), 404, '404666');
  const successor = await given(as.rotateApiKey(app, first.apiKey, { overlapSeconds: 60 }), 201);
  expect(successor).toMatchObject({ rotatedFrom: first.apiKey, name: 'renamed' });
  await refused(as.rotateApiKey(app, first.apiKey, { overlapSeconds: 60 }), 409, '409304');
  for (const { apiKeyId } of [first, successor])
    expect(await given(as.verifyApiKey(apiKeyId), 200)).toMatchObject({ valid: true });
}

async function playGrants(as: Calls, app: string): Promise<void> {
  for (const principal of principals) {
    const granted = await given(as.putGrant(app, principal, { actions: ['read', 'write'] }), 200);
    expect(granted).toEqual({ principal, actions: ['read', 'write'] });
  }
  const { items } = await given(as.listGrants(app), 200);
  expect(items.map(({ principal }) => principal)).toEqual(expect.arrayContaining(principals));
  for (const principal of principals) await done(as.deleteGrant(app, principal));
  const left = await given(as.listGrants(app), 200);
  expect(left.items).toHaveLength(1);
  await refused(as.deleteGrant(app, left.items[0]?.principal ?? ''), 409, '409306');
}

async function playIssuers(as: Calls, app: string): Promise<void> {
  await refused(as.putIssuer(app, issuer), 409, '409306');
  await done(as.deleteApiKeys(app));
  await done(as.putIssuer(app, issuer));
  expect((await given(as.listIssuers(app), 200)).items).toEqual([issuer]);
  await refused(as.generateApiKey(app, { name: 'none' }, randomUUID()), 400, '400337');
  await done(as.deleteIssuer(app, issuer));
}

/** @returns the body of what has succeeded */
async function given<Body>(call: Promise<Answer<Body>>, status: number): Promise<Body> {
  const answer = await call;
  expect(answer, JSON.stringify(answer)).toMatchObject({ status });
  return answer.body ?? expect.fail('There is no body.');
}

async function done(call: Promise<Answer<unknown>>): Promise<void> {
  const answer = await call;
  expect(answer.status, JSON.stringify(answer)).toBe(204);
}

/** @returns what was told of a call that has not succeeded */
async function refused(call: Promise<Answer<unknown>>, status: number, code: string) {
  const answer = await call;
  expect(answer, JSON.stringify(answer)).toMatchObject({ status, error: { code } });
  return answer.error ?? expect.fail('There is no error.');
}
