import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import packageJson from '../../package.json' with { type: 'json' };
import { messageOf, parseFlags, UsageError } from '../local/command-line.ts';
import { projectFolder } from '../local/folders.ts';
import { packPackage } from '../scripts/consumer-package.ts';
import { licensesOf } from '../scripts/licenses.ts';
import { requireOwnIssuers } from '../settings/deployable.ts';
import { readStageSettings, stageFile } from '../settings/stage-settings.ts';
import { writeChecksums } from './checksums.ts';
import { filesOfFunctions, writeFunctionZips } from './function-zips.ts';
import { releaseOf, repack } from './package.ts';
import { sbomOf } from './sbom.ts';
import { makeEmpty, writeStage } from './stage.ts';

const usage = 'usage: npm run release -- [--stage NAME] [--region REGION]';
const help = `${usage}

Writes what a release consists of: the package for consumers, and the zip of each function, to dist/release.
With a stage, it writes what deploys that stage with AWS's own tools, to dist/release-NAME.
Either has a bill of materials, the licenses of what is bundled, and SHA256SUMS.

  --stage NAME     the stage, whose file is infra/settings/NAME.yml
  --region REGION  where it is to be deployed (default AWS_REGION, or us-east-1)
  --help           this page`;

const { version } = packageJson;
const dist = join(projectFolder, 'dist');

async function main(args: string[]): Promise<void> {
  const flags = parseFlags(args, {
    stage: { type: 'string' },
    region: { type: 'string', default: process.env.AWS_REGION || 'us-east-1' },
    help: { type: 'boolean', default: false },
  });
  if (flags.help) return console.log(help);
  const name = flags.stage === undefined ? 'release' : `release-${flags.stage}`;
  const folder = join(dist, name);
  const used = await (flags.stage === undefined
    ? writeRelease(folder)
    : writeReleaseOf(flags.stage, flags.region, folder));
  writeFileSync(join(folder, 'sbom.cdx.json'), sbomOf(used));
  writeFileSync(join(folder, 'THIRD-PARTY-LICENSES.txt'), licensesOf(used));
  writeChecksums(folder);
  console.log(`dist/${name} has version ${version}.`);
}

/** @returns the files that are bundled in */
async function writeRelease(folder: string): Promise<string[]> {
  const release = releaseOf(process.env, version);
  const { tarball, used } = await packPackage(join(dist, 'package'));
  makeEmpty(folder);
  repack(tarball, folder, release);
  return [...used, ...(await writeFunctionZips(folder))];
}

/** @returns the files that are bundled in */
async function writeReleaseOf(stage: string, region: string, folder: string): Promise<string[]> {
  await requireOwnIssuers(stage, await readStageSettings(stageFile(stage)));
  return filesOfFunctions(writeStage(folder, stage, region));
}

main(process.argv.slice(2)).catch((error) => {
  const isUsage = error instanceof UsageError;
  console.error(isUsage ? `${error.message} ${usage}` : `Error: ${messageOf(error)}`);
  process.exitCode = isUsage ? 2 : 1;
});
