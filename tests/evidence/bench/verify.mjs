import { requireTrue, takeTurns } from './turns.mjs';

/** Verifies a key with the service's verifier, with and without its memory, and makes keys. A turn is some tenths of a second at most. */
const [, , verifierBundle, generateBundle, readBundle, key, appHrn, appId] = process.argv;
const { createVerifier } = await import(verifierBundle);
const options = { realms: ['myrealm'], tableName: process.env.TABLE_NAME };
const cached = createVerifier(options);
const uncached = createVerifier({ ...options, cacheSeconds: 0 });
const { handler: generate } = await import(generateBundle);
const { handler: read } = await import(readBundle);

const context = { awsRequestId: 'bench', getRemainingTimeInMillis: () => 10_000 };
const verifyUncached = async () => requireTrue((await uncached.verify(key)).valid, 'uncached');

await takeTurns({
  cached: { calls: 16_000, call: async () => requireTrue((await cached.verify(key)).valid, 'cached') },
  uncached: { calls: 256, call: verifyUncached },
  uncached32: { calls: 256, atOnce: 32, call: verifyUncached },
  read: { calls: 256, call: async () => requireTrue(await read({ appId }), 'read') },
  create: {
    calls: 128,
    call: async () => requireTrue((await generate({ app: appHrn, name: 'a key' }, context)).ok, 'create'),
  },
});
