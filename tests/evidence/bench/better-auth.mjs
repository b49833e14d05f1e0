import { apiKey } from '@better-auth/api-key';
import { betterAuth } from 'better-auth';

/** Better Auth with its API key plugin, whose rate limit is on, as by default, but is never reached. */
export function createAuth(database) {
  return betterAuth({
    baseURL: 'http://127.0.0.1',
    secret: 'a secret of the bench, which is long enough',
    database,
    emailAndPassword: { enabled: true },
    telemetry: { enabled: false },
    logger: { disabled: true },
    plugins: [apiKey({ rateLimit: { maxRequests: 1e9 } })],
  });
}

export async function createUser(auth) {
  const body = { name: 'demo', email: 'demo@example.com', password: 'a long password' };
  return (await auth.api.signUpEmail({ body })).user;
}
