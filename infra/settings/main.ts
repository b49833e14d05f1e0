import { stringify } from 'yaml';
import { messageOf, parseFlags, UsageError } from '../local/command-line.ts';
import { differences, rejections } from './changes.ts';
import { readDeployedSettings } from './deployed.ts';
import { readStageSettings, stageFile } from './stage-settings.ts';

const usage = 'usage: npm run --silent settings -- [--stage NAME] [--region REGION] [--offline]';
const help = `${usage}

Prints the settings of a stage with their defaults, and their differences from the deployed settings.

  --stage NAME     the stage; its file is infra/settings/NAME.yml (default dev)
  --region REGION  the Region of the stage (default AWS_REGION, or us-east-1)
  --offline        do not compare with the deployed settings; needs no AWS credentials
  --help           this page`;

async function main(args: string[]): Promise<void> {
  const flags = parseFlags(args, {
    stage: { type: 'string', default: 'dev' },
    region: { type: 'string', default: process.env.AWS_REGION || 'us-east-1' },
    offline: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  });
  if (flags.help) return console.log(help);
  const settings = await readStageSettings(stageFile(flags.stage));
  console.log(stringify(settings, { lineWidth: 0, aliasDuplicateObjects: false }));
  if (flags.offline) return;
  const deployed = await readDeployedSettings(flags.stage, flags.region).catch(({ message }) => {
    throw new Error(`The file is valid. ${message} To skip the comparison, pass --offline.`);
  });
  if (!deployed) return console.log(`# The stage ${flags.stage} is not deployed in ${flags.region}.`);
  const changes = differences(deployed, settings);
  const rejected = rejections(deployed, settings);
  console.log(
    changes.length === 0
      ? '# The settings are the same as the deployed settings.'
      : `# Differences from the deployed settings:\n${commented(changes)}`,
  );
  if (rejected.length > 0)
    console.log(`# A deployment would reject the following, so it needs --yes:\n${commented(rejected)}`);
}

function commented(lines: readonly string[]): string {
  return lines.map((line) => `#   ${line}`).join('\n');
}

main(process.argv.slice(2)).catch((error) => {
  const isUsage = error instanceof UsageError;
  console.error(isUsage ? `${error.message} ${usage}` : `Error: ${messageOf(error)}`);
  process.exitCode = isUsage ? 2 : 1;
});
