import { defineConfig } from 'vitest/config';

/** What needs packages that the service's own tests do without. */
export default defineConfig({
  test: { include: ['tests/openapi/generated-clients.ts'], testTimeout: 120_000, hookTimeout: 240_000 },
});
