import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { projectFolder } from '../../infra/local/folders.ts';
import { freePort } from '../../infra/local/ports.ts';
import { pathIn, useProject } from './project.ts';

const names = [
  '@aws-sdk/client-dynamodb',
  '@aws-sdk/client-lambda',
  '@hono/node-server',
  '@middy/core',
  '@types/aws-lambda',
  '@types/express',
  '@types/node',
  'express',
  'fastify',
  'h3',
  'hono',
];
const project = useProject(Object.fromEntries(names.map((name) => [name, name])));

/** Lines that a compiler must refuse. */
const mistakes = [
  "await appkeys.generateApiKey({ name: 'no app' });",
  "await appkeys.generateApiKey({ app: 'hrn', name: 'x', expires: 1 });",
  "const secret: string = (await appkeys.generateApiKey({ app: 'hrn', name: 'x' })).apiKeyId;",
  "await appkeys.updateApp({ app: 'hrn', status: 'deleted' });",
  'const none: string = await appkeys.deleteApp({ app: "hrn" });',
  "createVerifier({ realms: '*', region: 'eu-central-1' });",
  "createVerifier({ tableName: 'x' });",
  "createVerifier({ realms: '*', tableName: 'x', locations: ['cookie'] });",
  "await verifyApiKey({} as never, 'name', { apiKey: 'x' });",
];

const compilers = ['typescript-5.8', 'typescript-newest'];
const resolutions = ['nodenext', 'bundler'];

beforeAll(() => {
  project.copy('guards.ts');
  project.copy('consumer.ts');
  project.copy('given.d.ts');
});

/** What a compiler says of files in the project, and of all declarations that they lead to, at its strictest. */
async function compile(compiler: string, moduleResolution: string, files: readonly string[]): Promise<string> {
  const compilerOptions = {
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    skipLibCheck: false,
    module: moduleResolution === 'nodenext' ? 'nodenext' : 'esnext',
    moduleResolution,
    target: 'es2022',
    types: ['node'],
    noEmit: true,
  };
  project.write('tsconfig.json', JSON.stringify({ compilerOptions, files }));
  const { stdout, stderr } = await project.run(process.execPath, [pathIn(compiler, 'bin/tsc'), '-p', '.']);
  return stdout + stderr;
}

/** Declarations that have errors of their own at this strictness; consumers meet these without the package, too. */
const unclean = /node_modules\/(h3|@middy\/core)\//;

/** @returns the first line of each error that is not a library's own */
function errorsIn(said: string): string[] {
  return said.split('\n').filter((line) => /^\S/.test(line) && !unclean.test(line));
}

const head = [
  "import { createClient } from 'appkeys/client';",
  "import { verifyApiKey } from 'appkeys/direct';",
  "import { createVerifier } from 'appkeys/verifier';",
  "const appkeys = createClient({ url: '' });",
];

describe.each(compilers)('%s', (compiler) => {
  it.each(resolutions)('with %s: compiles what consumers write, and refuses each mistake', async (resolution) => {
    project.write('mistakes.ts', [...head, ...mistakes].join('\n'));
    const errors = errorsIn(await compile(compiler, resolution, ['consumer.ts', 'guards.ts', 'mistakes.ts']));
    const lines = errors.map((error) => Number(/^mistakes\.ts\((\d+),/.exec(error)?.[1]) - head.length);
    expect(lines, errors.join('\n')).toEqual(mistakes.map((_, index) => index + 1));
  });
});

const pages = [
  join(project.installed, 'README.md'),
  join(projectFolder, 'README.md'),
  join(projectFolder, 'docs/getting-started.md'),
];

it.each(pages)('what %s shows in TypeScript compiles', async (page) => {
  const text = readFileSync(page, 'utf8');
  const examples = [...text.matchAll(/^ *```ts\n(.+?)^ *```/gms)].map(([, example = '']) => example);
  const files = examples.map((example, index) => {
    project.write(`example-${index}.ts`, `${example}\nexport {};\n`);
    return `example-${index}.ts`;
  });
  expect(files).not.toHaveLength(0);
  expect(errorsIn(await compile('typescript-newest', 'nodenext', ['given.d.ts', ...files]))).toEqual([]);
});

it('what consumers write runs', async () => {
  const env = { APPKEYS_URL: `http://127.0.0.1:${await freePort()}` };
  const { stdout } = await project.run(process.execPath, ['consumer.ts'], env);
  expect(stdout).toBe('UNREACHABLE\n');
});
