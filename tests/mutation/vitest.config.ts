import { defineConfig } from 'vitest/config';
import type { TestSequencer } from 'vitest/node';
import { partNamed } from './parts.ts';

const { folders, exclude, excludeNames } = partNamed(process.env.MUTATION_PART);

function place(file: string): number {
  const found = folders.findIndex((folder) => file.includes(`/tests/${folder}/`));
  return found === -1 ? folders.length : found;
}

type Files = Parameters<TestSequencer['sort']>[0];

/** Folders in the order in which their tests are asked: the first failure ends a run. */
class QuickFirst implements TestSequencer {
  async sort(files: Files): Promise<Files> {
    return files.toSorted((a, b) => place(a.moduleId) - place(b.moduleId));
  }

  async shard(files: Files): Promise<Files> {
    return files;
  }
}

export default defineConfig({
  test: {
    include: folders.map((folder) => `tests/${folder}/*.test.ts`),
    exclude: [...exclude],
    ...(excludeNames && { testNamePattern: new RegExp(`^(?!.*(?:${excludeNames.source}))`) }),
    globalSetup: 'tests/support/engine.ts',
    testTimeout: 12_000,
    hookTimeout: 60_000,
    sequence: { sequencer: QuickFirst },
  },
});
