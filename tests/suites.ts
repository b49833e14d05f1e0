/** Which tests run when: globs of files. What is in neither list below is in `npm test` alone. */

/** What takes long: `npm run test:full` runs it beside the second engine and the generated clients. */
const long = [
  // pages in a browser
  'tests/browser/**',
  'tests/pages/snippets.test.ts',
  // the commands of the README and of the first steps
  'tests/pasted.test.ts',
  // the packaged service, and a release
  'tests/examples/**',
  'tests/infra/{bundle,deploy,deployer-policy,deployment,local,refusal,release,slim,slim-tokens,template}.test.ts',
  'tests/infra/settings/packaging.test.ts',
  // the client and the command line against a stage, which is a local one here
  'tests/deployed/local.test.ts',
  // properties, storms, and everything that is tried with everything
  'tests/contract/ties.test.ts',
  'tests/evidence/**',
  'tests/functions/{error-paths,faults,rotation-faults,words}.test.ts',
  'tests/package/cli/login.test.ts',
  'tests/verification/{effective-by,storm}.test.ts',
];

/** What starts processes or waits: `npm run test:quick` leaves it out, as well as what takes long. */
const slow = [
  'tests/*.test.ts',
  'tests/package/cli/{command-line,credentials,whoami}.test.ts',
  'tests/package/client/client.test.ts',
  'tests/functions/**',
  'tests/infra/**',
  'tests/store/dynamodb.test.ts',
  'tests/package/verifier/library.test.ts',
];

interface Suite {
  readonly include: string[];
  readonly exclude: string[];
}

const all = ['tests/**/*.test.ts'];
const installed = '**/node_modules/**';

export const suites: Readonly<Record<string, Suite>> = {
  usual: { include: all, exclude: [installed, ...long] },
  full: { include: long.map((glob) => glob.replace(/\*\*$/, '**/*.test.ts')), exclude: [installed] },
  quick: { include: all, exclude: [installed, ...long, ...slow] },
  all: { include: all, exclude: [installed] },
};
