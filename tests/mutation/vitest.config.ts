import { defineConfig } from 'vitest/config';
import type { TestSequencer } from 'vitest/node';

/** Folders in the order in which their tests are asked, the quick ones first: the first failure ends a run. */
const order = ['domain', 'store', 'contract', 'http', 'functions', 'verifier', 'authorizer'];

function place(file: string): number {
  const found = order.findIndex((folder) => file.includes(`/tests/${folder}/`));
  return found === -1 ? order.length : found;
}

type Files = Parameters<TestSequencer['sort']>[0];

class QuickFirst implements TestSequencer {
  async sort(files: Files): Promise<Files> {
    return files.toSorted((a, b) => place(a.moduleId) - place(b.moduleId));
  }

  async shard(files: Files): Promise<Files> {
    return files;
  }
}

/**
 * The tests that a mutant of `lib` is held against: those that mirror a file or a call. Left out is what looks at
 * templates, starts processes, or runs for minutes.
 */
export default defineConfig({
  test: {
    include: ['tests/*.test.ts', `tests/{${order.join(',')}}/*.test.ts`],
    exclude: [
      'tests/architecture.test.ts',
      'tests/processes.test.ts',
      'tests/security.test.ts',
      'tests/contract/generated.test.ts',
      'tests/functions/error-paths.test.ts',
      'tests/verifier/storm.test.ts',
    ],
    globalSetup: 'tests/support/engine.ts',
    testTimeout: 30_000,
    hookTimeout: 180_000,
    sequence: { sequencer: QuickFirst },
  },
});
