/** A part of `lib`, and the tests that its mutants are held against: what starts processes or runs for minutes is left out. */
export interface Part {
  readonly mutate: readonly string[];
  /** under `tests`, the quick ones first; `.` is `tests` itself */
  readonly folders: readonly string[];
  readonly exclude: readonly string[];
  /**
   * Whether mutants are left out that only work while a module is loaded: each would be held against all tests, and
   * these are hours.
   */
  readonly ignoresStatic: boolean;
  /** tests with such names are left out too: they wait for a deadline, or make hundreds of calls */
  readonly excludeNames?: RegExp;
}

export const parts = {
  domain: { mutate: ['lib/domain/*.ts'], folders: ['domain'], exclude: [], ignoresStatic: false },
  store: { mutate: ['lib/store/*.ts'], folders: ['store'], exclude: [], ignoresStatic: false },
  rest: {
    mutate: ['lib/**/*.ts', '!lib/{cli,client,domain,pages,store}/**', '!lib/contract/generated/**'],
    folders: ['.', 'contract', 'direct', 'events', 'use-cases', 'http', 'verifier', 'authorizer', 'functions'],
    exclude: [
      'tests/architecture.test.ts',
      'tests/processes.test.ts',
      'tests/security.test.ts',
      'tests/contract/generated.test.ts',
      'tests/functions/error-paths.test.ts',
      'tests/functions/pages.test.ts',
      'tests/functions/faults.test.ts',
      'tests/verifier/storm.test.ts',
    ],
    ignoresStatic: true,
    excludeNames:
      /503 that|503 with Retry-After within|paged without|sets and takes back|overlap[:,]|concurrent|whatever key/,
  },
} as const satisfies Record<string, Part>;

export type PartName = keyof typeof parts;

/** @throws Error when there is no such part */
export function partNamed(name = ''): Part {
  if (Object.hasOwn(parts, name)) return parts[name as PartName];
  throw new Error(`There is no part "${name}".`);
}
