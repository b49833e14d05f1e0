import { beforeAll, describe, expect, it } from 'vitest';
import { createClient } from '../../lib/package/client/client.ts';
import { useLocalService } from '../support/local-service.ts';
import { parts, runtimes, useProject } from './project.ts';

const bare = useProject();
const newest = {
  '@aws-sdk/client-dynamodb': '@aws-sdk/client-dynamodb',
  '@aws-sdk/client-lambda': '@aws-sdk/client-lambda',
};
const project = useProject(newest);
const old = useProject({ '@aws-sdk/client-dynamodb': 'client-dynamodb-oldest' });
const service = useLocalService();

let secret: string;
let key: { app: string; apiKey: string };

beforeAll(async () => {
  const { app, apiKey, apiKeyId } = await newKey();
  [key, secret] = [{ app, apiKey }, apiKeyId];
});

async function clientOfDemo() {
  return createClient({ url: service().url, token: await service().token({ permissions: ['account:createApp'] }) });
}

async function newKey() {
  const client = await clientOfDemo();
  const { hrn: app } = await client.createApp({ name: 'runtimes' });
  const { apiKey, apiKeyId } = await client.generateApiKey({ app, name: 'a key' });
  return { app, apiKey, apiKeyId: apiKeyId.reveal() };
}

/** Loads every part, and verifies a key of the running service in the local table. */
const body = (load: string) => `
const names = ${JSON.stringify(Object.keys(parts))};
${load}
const { createVerifier } = loaded[names.indexOf('appkeys/verifier')];
const verify = (key) => createVerifier({ realms: ['myrealm'], tableName: process.env.TABLE_NAME, lastUsedSeconds: 1 }).verify(key);
const verified = [verify(process.env.KEY), verify(process.env.KEY + 'x')];
Promise.all(verified).then(([{ valid }, { reason }]) => console.log(JSON.stringify({ exports: loaded.map(Object.keys), valid, reason })));
`;
const programs = {
  import: ['esm.mjs', body('const loaded = await Promise.all(names.map((name) => import(name)));')],
  require: ['cjs.cjs', body('const loaded = names.map((name) => require(name));')],
} as const;

const seen = {
  exports: [
    expect.arrayContaining(['createClient', 'everyItem', 'AppkeysError']),
    expect.arrayContaining(['generateApiKey', 'verifyApiKey']),
    ['createVerifier'],
    ['requireApiKey'],
    ['requireApiKey'],
    ['requireApiKey'],
    ['requireApiKey'],
  ],
  valid: true,
  reason: 'malformed',
};

describe.each(runtimes)('Node.js %s', (major, node) => {
  it('is that version', async () => {
    expect((await bare.run(node, ['-v'])).stdout).toMatch(new RegExp(`^v${major}\\.`));
  });

  it.each(Object.entries(programs))('loads every part by %s, and verifies a key', async (_, [name, text]) => {
    const env = { ...service().verifierEnvironment, KEY: secret };
    const { stdout, stderr } = await project.run(node, [project.write(name, text)], env);
    expect(JSON.parse(stdout || stderr)).toEqual(seen);
  });

  const needy = Object.entries(parts).filter(([, peer]) => peer !== undefined);
  it.each(needy)('%s without %s names it in one line', async (part, peer = '') => {
    for (const load of [
      `await import('${part}')`,
      `process.getBuiltinModule('module').createRequire('${bare.folder}/x')('${part}')`,
    ]) {
      const text = `try { ${load}; console.log('loaded') } catch ({ message }) { console.log(message) }`;
      const { stdout } = await bare.run(node, ['--input-type=module', '--eval', text]);
      expect(stdout).toMatch(new RegExp(`^Cannot find (package|module) '${peer}' imported from .+\\n$`));
    }
  });

  const others = Object.entries(parts).filter(([, peer]) => peer === undefined);
  it.each(others)('%s needs nothing', async (part) => {
    const { stdout, stderr } = await bare.run(node, [
      '--input-type=module',
      '--eval',
      `await import('${part}'); console.log('loaded')`,
    ]);
    expect([stdout, stderr]).toEqual(['loaded\n', '']);
  });
});

it('the verifier works with the oldest SDK that the package accepts, and notes the use', async () => {
  const { apiKeyId, ...path } = await newKey();
  const text = `
    import { createVerifier } from 'appkeys/verifier';
    const { valid } = await createVerifier({ realms: ['myrealm'], tableName: process.env.TABLE_NAME }).verify(process.env.KEY);
    setTimeout(() => console.log(valid), 1_000);
  `;
  const env = { ...service().verifierEnvironment, KEY: apiKeyId };
  const { stdout, stderr } = await old.run(process.execPath, [old.write('old.mjs', text)], env);
  expect([stdout, stderr]).toEqual(['true\n', '']);
  const client = await clientOfDemo();
  await expect.poll(() => client.getApiKey(path)).toHaveProperty('lastUsedTime');
});

it('a verifier of the newest SDK has noted its use, too', async () => {
  const client = await clientOfDemo();
  await expect.poll(() => client.getApiKey(key)).toHaveProperty('lastUsedTime');
});

it.each([
  [
    'no table',
    "{ realms: '*', tableName: process.env.NOTHING }",
    { AWS_REGION: 'eu-central-1' },
    /^tableName is missing\. [^\n]+\n$/,
  ],
  ['no realms', "{ tableName: 'appkeys-prod', region: 'eu-central-1' }", {}, /^realms is missing\. [^\n]+\n$/],
  ['no Region', "{ realms: '*', tableName: 'appkeys-prod' }", {}, /^region is missing\. [^\n]+AWS_REGION\.\n$/],
  ['a Region as an option', "{ realms: '*', tableName: 'appkeys-prod', region: 'eu-central-1' }", {}, /^opened\n$/],
] as const)('createVerifier with %s says so at once', async (_, options, env, expected) => {
  const text = `
    import { createVerifier } from 'appkeys/verifier';
    try { createVerifier(${options}); console.log('opened') } catch ({ message }) { console.log(message) }
  `;
  const { stdout } = await project.run(process.execPath, [project.write('missing.mjs', text)], env);
  expect(stdout).toMatch(expected);
});
