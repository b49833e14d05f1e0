import { memoryAdapter } from 'better-auth/adapters/memory';
import { createAuth, createUser } from './better-auth.mjs';
import { requireTrue, takeTurns } from './turns.mjs';

/** Verifies a key with Better Auth on its memory adapter, and makes keys. A turn is some tenths of a second at most. */
const database = { user: [], session: [], account: [], verification: [], apikey: [], rateLimit: [] };
const auth = createAuth(memoryAdapter(database));
const user = await createUser(auth);
const { key } = await auth.api.createApiKey({ body: { name: 'a key', userId: user.id } });
const verify = async () => requireTrue((await auth.api.verifyApiKey({ body: { key } })).valid, 'peer');

await takeTurns({
  peer: { calls: 256, call: verify },
  peer32: { calls: 256, atOnce: 32, call: verify },
  peerCreate: {
    calls: 128,
    call: async () => {
      await auth.api.createApiKey({ body: { name: 'a key', userId: user.id } });
      database.apikey.length = 1; // it looks through all of them
    },
  },
});
