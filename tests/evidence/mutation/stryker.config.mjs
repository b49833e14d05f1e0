import { partNamed } from './parts.ts';

const { mutate, ignoresStatic = false } = partNamed(process.env.MUTATION_PART);

/** @type {import('@stryker-mutator/api/core').PartialStrykerOptions} */
export default {
  mutate: [...mutate],
  plugins: ['@stryker-mutator/vitest-runner'],
  testRunner: 'vitest',
  vitest: { configFile: 'tests/evidence/mutation/vitest.config.ts', related: false },
  coverageAnalysis: 'perTest',
  ignoreStatic: ignoresStatic,
  disableTypeChecks: false,
  ignorePatterns: [
    'docs',
    '.serverless',
    '.esbuild',
    '.local',
    'coverage',
    'dist',
    'tests/{lint,evidence/{bench,mutation}}/node_modules',
  ],
  timeoutMS: 10_000,
  timeoutFactor: 1.2,
  dryRunTimeoutMinutes: 30,
  reporters: ['json', 'progress-append-only'],
  jsonReporter: { fileName: 'coverage/mutation.json' },
  tempDirName: 'coverage/stryker',
};
