import { defineConfig } from 'vitest/config';
import { pageModule } from './infra/pages.ts';

export default defineConfig({
  plugins: [
    {
      name: 'pages',
      resolveId: (id) => (id.startsWith('page:') ? `\0${id}` : undefined),
      load: (id) => (id.startsWith('\0page:') ? pageModule(id.slice(1)) : undefined),
    },
  ],
  test: {
    include: ['tests/**/*.test.ts'],
    globalSetup: 'tests/support/engine.ts',
    // Guards against what hangs, long enough for a busy machine: no test depends on how fast it is.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    expect: { poll: { timeout: 60_000 } },
    maxConcurrency: 20,
    // Many tests wait for a deadline: Vitest's own choice, one processor less than there are, leaves two half idle.
    maxWorkers: '100%',
  },
});
