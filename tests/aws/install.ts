import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { projectFolder } from '../../infra/local/folders.ts';

const folder = import.meta.dirname;
/** What the package of the runtime client compiles itself with, by the Debian package that has it. */
const tools = { cmake: 'cmake', 'g++': 'g++', make: 'make', python3: 'python3', tar: 'tar', xz: 'xz-utils' };

/** @returns one line that says why the runtime client cannot be built here; undefined: it can */
function obstacle(): string | undefined {
  if (process.platform !== 'linux') return "AWS's runtime client builds on Linux only, and this is no Linux.";
  const missing = Object.entries(tools).filter(([tool]) => spawnSync(tool, ['--version']).error);
  if (missing.length === 0) return undefined;
  const names = missing.map(([tool]) => tool).join(', ');
  const packages = missing.map(([, name]) => name).join(' ');
  return `AWS's runtime client must be compiled, and tools for that are missing: ${names}. Debian: apt-get install ${packages}`;
}

/** What was built for these versions stays: it takes a minute. */
function isInstalled(): boolean {
  const isComplete = spawnSync('npm', ['ls', '--prefix', folder]).status === 0;
  return isComplete && existsSync(join(folder, 'node_modules/aws-lambda-ric/rapid-client.node'));
}

/** The headers of the Node.js that runs this, so that none are downloaded. */
function headers(): NodeJS.ProcessEnv {
  const nodedir = join(projectFolder, `node_modules/node-linux-${process.arch}`);
  return existsSync(join(nodedir, 'include')) ? { npm_config_nodedir: nodedir } : {};
}

if (!isInstalled()) {
  const why = obstacle();
  if (why !== undefined) {
    console.error(`Error: ${why}`);
    process.exit(1);
  }
  console.log("Compiling AWS's runtime client, which takes a minute …");
  execFileSync('npm', ['ci', '--prefix', folder, '--silent'], {
    env: { ...process.env, ...headers() },
    stdio: 'inherit',
  });
}
