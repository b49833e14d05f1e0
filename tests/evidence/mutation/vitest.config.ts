import { matchesGlob } from 'node:path';
import { defineConfig } from 'vitest/config';
import type { TestSequencer } from 'vitest/node';
import { partNamed } from './parts.ts';

const { tests, exclude } = partNamed(process.env.MUTATION_PART);
const included = tests.map((pattern) => `tests/${pattern}.test.ts`);

type Files = Parameters<TestSequencer['sort']>[0];

/** The order in which the part names its tests: the first failure ends a run. */
class AsNamed implements TestSequencer {
  async sort(files: Files): Promise<Files> {
    const place = (file: string) => included.findIndex((pattern) => matchesGlob(file, `**/${pattern}`));
    return files.toSorted((a, b) => place(a.moduleId) - place(b.moduleId));
  }

  async shard(files: Files): Promise<Files> {
    return files;
  }
}

export default defineConfig({
  test: {
    include: included,
    exclude: exclude.map((pattern) => `tests/${pattern}.test.ts`),
    globalSetup: 'tests/support/engine.ts',
    testTimeout: 12_000,
    hookTimeout: 60_000,
    sequence: { sequencer: AsNamed },
  },
});
