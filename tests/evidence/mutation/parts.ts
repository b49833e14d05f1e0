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
    mutate: ['lib/{verification,package/verifier,service/authorizer}/*.ts'],
    tests: ['verification/*', 'package/verifier/*', 'service/authorizer/*'],
    exclude: ['verification/{effective-by,storm}'],
  },
  contract: {
    mutate: ['lib/base/*.ts', 'lib/service/*.ts', 'lib/package/*.ts', 'lib/contract/*.ts'],
    tests: ['base/*', 'service/*', 'package/*', 'contract/*'],
    exclude: ['contract/{generated,ties}'],
    ignoresStatic: true,
  },
  http: {
    mutate: ['lib/service/http/*.ts'],
    tests: ['service/http/*'],
    exclude: ['service/http/{input,token-verifier}'],
  },
  calls: {
    mutate: ['lib/service/{use-cases,events}/*.ts'],
    tests: ['service/use-cases/*', 'service/events/*', 'functions/{rotate-secret,lifetimes}'],
    exclude: [],
  },
  client: {
    mutate: ['lib/package/client/*.ts'],
    tests: ['package/client/time', 'package/client/*'],
    exclude: ['package/client/client'],
  },
  cli: {
    mutate: ['lib/package/cli/*.ts'],
    tests: ['package/cli/{names,table,terminal,times}', 'package/cli/main', 'package/cli/*'],
    exclude: ['package/cli/command-line'],
  },
} as const satisfies Record<string, Part>;

export type PartName = keyof typeof parts;

/** @throws Error when there is no such part */
export function partNamed(name = ''): Part {
  if (Object.hasOwn(parts, name)) return parts[name as PartName];
  throw new Error(`There is no part "${name}".`);
}
