import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { type Client, createClient, everyItem } from '../../lib/package/client/client.ts';
import { runCommandLine, useCommandLine } from '../support/command-line.ts';
import { readingCases } from './reading.ts';
import type { Stage } from './stage.ts';
import { clientCases, commandLineCases } from './writing.ts';

const { APPKEYS_URL: url = '', APPKEYS_TOKEN: token = '', APPKEYS_WRITE: write } = process.env;
if (!url || !token) throw new Error('Set APPKEYS_URL and APPKEYS_TOKEN: docs/deploying.md, "Check a stage".');

/** Every application of such a run has a name that begins so. */
const namePrefix = 'appkeys-check-';
/** One that an interrupted run has left is deleted when it is so old. */
const leftOverMs = 3_600_000;

const run = `${namePrefix}${randomBytes(6).toString('hex')}`;
const commandLine = useCommandLine();
let names = 0;
const client = createClient({ url, token });
const stage: Stage = {
  url,
  client,
  appkeys: (args, env, input) => {
    const own = { APPKEYS_URL: url, APPKEYS_TOKEN: token, XDG_CONFIG_HOME: '/nowhere' };
    return runCommandLine(commandLine, args, { ...own, ...env }, input);
  },
  newName: () => {
    names += 1;
    return `${run}-${names}`;
  },
};

describe(`${url}, reading`, () => readingCases(() => stage));

describe.runIf(write === 'yes')(`${url}, writing`, () => {
  beforeAll(() => deleteApps(client, (name, age) => name.startsWith(namePrefix) && age > leftOverMs));
  afterAll(async () => {
    expect(await deleteApps(client, (name) => name.startsWith(run))).toEqual([]);
  });

  clientCases(() => stage);
  commandLineCases(() => stage);
});

/** @returns those that could not be deleted */
async function deleteApps(client: Client, isOurs: (name: string, ageMs: number) => boolean): Promise<unknown[]> {
  const ours: string[] = [];
  for await (const { hrn, name, createdTime } of everyItem(client.listApps, {}))
    if (isOurs(name, Date.now() - createdTime)) ours.push(hrn);
  const results = await Promise.allSettled(ours.map((app) => client.deleteApp({ app })));
  return results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
}
