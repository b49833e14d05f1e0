import { defineConfig } from 'vitest/config';

/** What needs AWS's own runtime client, which is compiled when it is installed. */
export default defineConfig({
  test: {
    include: ['tests/aws/functions.ts'],
    testTimeout: 300_000,
    hookTimeout: 300_000,
    // The figures are to be read.
    disableConsoleIntercept: true,
  },
});
