import { apiKey } from '@better-auth/api-key';
import { betterAuth } from 'better-auth';
import { memoryAdapter } from 'better-auth/adapters/memory';

/**
 * Verifies keys in turns with the service's verifier, with and without its memory, and with Better Auth on its memory
 * adapter; and makes keys with both. Prints for each round how many a second each does, and what one takes of processor
 * time (µs). A turn is some tens of ms, so that few are interrupted.
 */
const [, , rounds, verifierBundle, generateBundle, key, appHrn] = process.argv;
const print = process.stdout.write.bind(process.stdout);
process.stdout.write = () => true;

const { createVerifier } = await import(verifierBundle);
const options = { tableName: process.env.TABLE_NAME };
const cached = createVerifier(options);
const uncached = createVerifier({ ...options, cacheSeconds: 0 });
const { handler: generate } = await import(generateBundle);

const database = { user: [], session: [], account: [], verification: [], apikey: [], rateLimit: [] };
const auth = betterAuth({
  baseURL: 'http://127.0.0.1',
  secret: 'a secret of the bench, which is long enough',
  database: memoryAdapter(database),
  emailAndPassword: { enabled: true },
  telemetry: { enabled: false },
  plugins: [apiKey({ rateLimit: { maxRequests: 1e9 } })],
});
const { user } = await auth.api.signUpEmail({
  body: { name: 'demo', email: 'demo@example.com', password: 'a long password' },
});
const peerKey = await auth.api.createApiKey({ body: { name: 'a key', userId: user.id } });

function requireTrue(isTrue, what) {
  if (!isTrue) throw new Error(what);
}

const context = { awsRequestId: 'bench', getRemainingTimeInMillis: () => 10_000 };
const verifyCached = async () => requireTrue((await cached.verify(key)).valid, 'cached');
const verifyUncached = async () => requireTrue((await uncached.verify(key)).valid, 'uncached');
const verifyPeer = async () => requireTrue((await auth.api.verifyApiKey({ body: { key: peerKey.key } })).valid, 'peer');
const subjects = {
  peer: { calls: 64, call: verifyPeer },
  cached: { calls: 4_000, call: verifyCached },
  uncached: { calls: 64, call: verifyUncached },
  peer32: { calls: 64, atOnce: 32, call: verifyPeer },
  uncached32: { calls: 64, atOnce: 32, call: verifyUncached },
  create: {
    calls: 32,
    call: async () => requireTrue((await generate({ app: appHrn, name: 'a key' }, context)).ok, 'create'),
  },
  peerCreate: {
    calls: 32,
    call: async () => {
      await auth.api.createApiKey({ body: { name: 'a key', userId: user.id } });
      database.apikey.length = 1; // it looks through all of them
    },
  },
};

async function measure({ calls, call, atOnce = 1 }) {
  const lane = async () => {
    for (let done = 0; done < calls / atOnce; done += 1) await call();
  };
  const begun = performance.now();
  const cpu = process.cpuUsage();
  await Promise.all(Array.from({ length: atOnce }, lane));
  const ms = performance.now() - begun;
  const { user, system } = process.cpuUsage(cpu);
  return { perSecond: (calls * 1_000) / ms, cpuMicros: (user + system) / calls };
}

const warmUp = 12;
const figures = [];
for (let round = -warmUp; round < Number(rounds); round += 1) {
  const figure = {};
  for (const [name, subject] of Object.entries(subjects)) figure[name] = await measure(subject);
  if (round >= 0) figures.push(figure);
}
print(`\nRESULT${JSON.stringify(figures)}\n`);
process.exit();
