import { defineConfig } from 'vitest/config';

/** What needs packages that the service's own tests do without. */
export default defineConfig({
  test: { include: ['tests/scanners/scanners.ts'], testTimeout: 300_000, hookTimeout: 300_000 },
});
