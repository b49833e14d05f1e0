import { defineConfig } from 'vitest/config';

/** What runs against a stage that is deployed, in the order of its file, so that it stays within the rate limit. */
export default defineConfig({
  test: { include: ['tests/deployed/deployed.ts'], testTimeout: 120_000, hookTimeout: 300_000 },
});
