/** A part of `lib`, and the tests that its mutants are held against: those of its own that neither start processes nor wait. */
export interface Part {
  readonly mutate: readonly string[];
  /** under `tests`, the quick ones first */
  readonly tests: readonly string[];
  readonly exclude: readonly string[];
  /** mutants that only work while a module is loaded are left out: each would be held against all tests */
  readonly ignoresStatic?: boolean;
}

export const parts = {
  domain: { mutate: ['lib/domain/*.ts'], tests: ['domain/*'], exclude: [] },
  store: { mutate: ['lib/store/*.ts'], tests: ['store/*'], exclude: [] },
  verifier: {
    mutate: ['lib/{verifier,authorizer}/*.ts'],
    tests: ['verifier/*', 'authorizer/*'],
    exclude: ['verifier/storm'],
  },
  contract: {
    mutate: ['lib/*.ts', 'lib/contract/*.ts'],
    tests: ['*', 'contract/*'],
    exclude: ['{architecture,authority,compatibility,docs,processes,secrets,security}', 'contract/{generated,ties}'],
    ignoresStatic: true,
  },
  http: {
    mutate: ['lib/http/*.ts'],
    tests: ['http/*'],
    exclude: ['http/{input,token-verifier}'],
  },
  calls: {
    mutate: ['lib/{use-cases,direct,events}/*.ts'],
    tests: ['use-cases/*', 'direct/*', 'events/*'],
    exclude: [],
  },
  client: {
    mutate: ['lib/client/*.ts'],
    tests: ['client/time', 'client/*'],
    exclude: ['client/{client,package}'],
  },
  cli: {
    mutate: ['lib/cli/*.ts'],
    tests: ['cli/{names,table,terminal,times}', 'cli/main', 'cli/*'],
    exclude: ['cli/command-line'],
  },
} as const satisfies Record<string, Part>;

export type PartName = keyof typeof parts;

/** @throws Error when there is no such part */
export function partNamed(name = ''): Part {
  if (Object.hasOwn(parts, name)) return parts[name as PartName];
  throw new Error(`There is no part "${name}".`);
}
