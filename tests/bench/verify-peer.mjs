import { apiKey } from '@better-auth/api-key';
import { betterAuth } from 'better-auth';
import { memoryAdapter } from 'better-auth/adapters/memory';
import { requireTrue, takeTurns } from './turns.mjs';

/** Verifies a key with Better Auth on its memory adapter, and makes keys. A turn is some tenths of a second at most. */
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
