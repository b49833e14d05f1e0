import { createServer } from 'node:http';
import { listen } from '../../../infra/local/ports.ts';
import { measureCrowd } from './crowd.ts';

/**
 * A bare server that checks the API key of each request in one way. It tells its parent its port and the keys that are
 * valid. Whenever the parent process says so, it measures the same check without HTTP.
 */
const [, , name, bundle, unknownKey, ...keys] = process.argv;
const tableName = process.env.TABLE_NAME;

const ways = {
  async none() {
    return { keys, check: async () => true };
  },
  async handWritten() {
    const { createCheck } = await import(bundle);
    return { keys, check: createCheck(tableName) };
  },
  cached: () => openVerifier({ tableName }),
  uncached: () => openVerifier({ tableName, cacheSeconds: 0 }),
  /** on SQLite in memory: no network and no disk between it and its keys */
  async betterAuth() {
    const { DatabaseSync } = await import('node:sqlite');
    const { getMigrations } = await import('better-auth/db/migration');
    const { createAuth, createUser } = await import('./better-auth.mjs');
    const auth = createAuth(new DatabaseSync(':memory:'));
    await (await getMigrations(auth.options)).runMigrations();
    const { id: userId } = await createUser(auth);
    const made = keys.map(() => auth.api.createApiKey({ body: { name: 'a key', userId } }));
    const check = async (key) => (await auth.api.verifyApiKey({ body: { key } })).valid;
    return { keys: (await Promise.all(made)).map(({ key }) => key), check };
  },
};

async function openVerifier(options) {
  const { createVerifier } = await import(bundle);
  const verifier = createVerifier({ realms: ['myrealm'], ...options });
  return { keys, check: async (key) => (await verifier.verify(key)).valid };
}

const way = await ways[name]();
const server = createServer(async (request, response) => {
  const status = await way.check(request.headers['x-api-key']).then(
    (isValid) => (isValid ? 200 : 401),
    () => 503,
  );
  response.writeHead(status, { 'Content-Length': 0 }).end();
});

/** @throws when a way accepts a key that it can't know */
async function requireRejection() {
  if (name !== 'none' && (await way.check(unknownKey))) throw new Error(`${name} accepts an unknown key`);
}

process.on('message', async ({ callsEach }) => {
  const crowd = { callers: way.keys.length, callsEach };
  const latency = await measureCrowd(crowd, async (caller) => {
    if (!(await way.check(way.keys[caller]))) throw new Error(`${name} rejects a key`);
  });
  process.send(latency);
});
await requireRejection();
process.send({ port: await listen(server), keys: way.keys });
