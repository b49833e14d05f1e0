import { execFile } from 'node:child_process';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { parse } from 'yaml';
import { metadataOf, readDeployedSettings } from '../../../infra/settings/deployed.ts';
import type { StageSettings } from '../../../lib/service/settings.ts';
import { type CloudFormation, startCloudFormation } from '../../support/cloudformation.ts';
import { copyService, writeStage } from '../../support/package.ts';
import { defaultSettings, testIssuer } from '../../support/settings.ts';
import { entry, readFileWith } from '../../support/settings-file.ts';

let cloudFormation: CloudFormation;
/** As CloudFormation gives it back: with "?" for what is not ASCII. */
const templateWith = (settings: StageSettings) => ({
  template: JSON.stringify({ Metadata: metadataOf(settings), Description: '<&>' }).replace(/[^ -~]/g, '?'),
});
const denied = {
  code: 'AccessDenied',
  message:
    'User: arn:aws:iam::123456789012:user/x is not authorized to perform: cloudformation:GetTemplate on resource: appkeys-dev',
};

beforeEach(async () => {
  cloudFormation = await startCloudFormation();
  for (const [name, value] of Object.entries(cloudFormation.env)) vi.stubEnv(name, value);
});
afterEach(() => {
  vi.unstubAllEnvs();
  cloudFormation.stop();
});

describe('the deployed settings', () => {
  const read = () => readDeployedSettings('dev', 'eu-west-1');
  const unread = 'The deployed settings of the stage dev in eu-west-1 cannot be read: ';

  it('are those in the template of the stack', async () => {
    const settings = {
      ...defaultSettings,
      issuers: [testIssuer({ issuer: 'https://münchen.example/\u{1f511}', jwksUri: 'x' })],
    };
    cloudFormation.answerWith(templateWith(settings));
    expect(await read()).toEqual(settings);
    expect(cloudFormation.asked).toEqual(['GetTemplate appkeys-dev']);
  });

  it('are not there where the stage is not deployed', async () => {
    expect(await read()).toBeUndefined();
  });

  it("are not there either where a first deployment failed and left the framework's bucket", async () => {
    const Resources = { Bucket: { Type: 'AWS::S3::Bucket' }, Policy: { Type: 'AWS::S3::BucketPolicy' } };
    cloudFormation.answerWith({ template: JSON.stringify({ Resources }) });
    expect(await read()).toBeUndefined();
  });

  it.each([
    [
      'a template without settings',
      { template: '{"Resources":{}}' },
      'the template of its stack has no Metadata.AppkeysSettings.',
    ],
    ['a template that is no JSON', { template: 'Resources:\n  A: {}' }, /^Unexpected token .+ is not valid JSON\.$/],
    ['no right to read them', denied, `${denied.message}.`],
  ])('are one line with the cause, for %s', async (_, answer, cause) => {
    cloudFormation.answerWith(answer);
    const message = await read().then(
      () => '',
      (error) => error.message,
    );
    expect(message.startsWith(unread)).toBe(true);
    expect(message.slice(unread.length)).toEqual(typeof cause === 'string' ? cause : expect.stringMatching(cause));
  });

  it('are one line with the cause, where nothing answers', async () => {
    cloudFormation.stop();
    await expect(read()).rejects.toThrow(`${unread}connect ECONNREFUSED`);
  });
});

describe('npm run settings', () => {
  const { folder, remove } = copyService();
  afterAll(remove);
  const stage = { partition: 'acme', issuers: [entry] };

  function settings(...args: string[]): Promise<{ code: unknown; stdout: string; stderr: string }> {
    const env = { PATH: process.env.PATH, HOME: folder, ...cloudFormation.env };
    return new Promise((resolve) => {
      execFile(process.execPath, ['infra/settings/main.ts', ...args], { cwd: folder, env }, (error, stdout, stderr) =>
        resolve({ code: error?.code ?? 0, stdout, stderr }),
      );
    });
  }

  it('prints all settings of the stage dev, and that it is not deployed', async () => {
    writeStage(folder, stage);
    const { code, stdout, stderr } = await settings();
    expect([code, stderr]).toEqual([0, '']);
    expect(parse(stdout)).toEqual(await readFileWith(stage));
    expect(stdout).toMatch(/\n# The stage dev is not deployed in us-east-1\.\n$/);
  });

  it('says that nothing differs', async () => {
    cloudFormation.answerWith(templateWith(await readFileWith(stage)));
    writeStage(folder, stage, 'prod');
    const { code, stdout } = await settings('--stage', 'prod', '--region', 'eu-west-1');
    expect([code, cloudFormation.asked]).toEqual([0, ['GetTemplate appkeys-prod']]);
    expect(stdout).toMatch(/\n# The settings are the same as the deployed settings\.\n$/);
  });

  it('says what differs, and what a deployment would reject', async () => {
    cloudFormation.answerWith(templateWith(await readFileWith(stage)));
    writeStage(folder, { ...stage, keys: { prefix: 'sk', maxPerApp: 3 } });
    const { code, stdout } = await settings();
    expect(code).toBe(0);
    expect(stdout.slice(stdout.indexOf('#'))).toBe(
      [
        '# Differences from the deployed settings:',
        '#   keys.prefix: "ak" -> "sk"',
        '#   keys.maxPerApp: 2 -> 3',
        '# A deployment would reject the following, so it needs --yes:',
        '#   API keys with the prefix ak',
        '',
      ].join('\n'),
    );
    expect(parse(stdout).keys).toEqual({ prefix: 'sk', prefixesAccepted: [], maxPerApp: 3 });
  });

  it('--offline asks nobody', async () => {
    writeStage(folder, stage);
    const { code, stdout, stderr } = await settings('--offline');
    expect([code, stderr, parse(stdout).partition, cloudFormation.asked]).toEqual([0, '', 'acme', []]);
  });

  it('prints the settings, and one line when the deployed ones cannot be read', async () => {
    cloudFormation.answerWith(denied);
    writeStage(folder, stage);
    const { code, stdout, stderr } = await settings();
    expect([code, parse(stdout).partition]).toEqual([1, 'acme']);
    expect(stderr).toBe(
      `Error: The file is valid. The deployed settings of the stage dev in us-east-1 cannot be read: ${denied.message}. To skip the comparison, pass --offline.\n`,
    );
  });

  it.each([
    [['--stage', 'nope'], 1, 'Error: infra/settings/nope.yml does not exist. Copy infra/settings/example.yml to it.'],
    [
      ['--stage', 'wrong'],
      1,
      'Error: infra/settings/wrong.yml: rateLimit must be "<requests per second>,<burst>", such as "10,20", each at most 100000, or "off".',
    ],
    ...['', 'a_b', '../dev', '-', 'é', 'x'.repeat(21), 'a.b', 'a b'].map(
      (name) =>
        [
          [`--stage=${name}`],
          1,
          `Error: The stage "${name}" must be 1 to 20 letters, digits or "-", and begin with a letter or digit.`,
        ] as const,
    ),
    [
      ['--stage', 'x-data'],
      1,
      'Error: The stage "x-data" must not end in "-data", because the names of data stacks end so.',
    ],
    [
      ['--stge', 'x'],
      2,
      "Unknown option '--stge'. usage: npm run --silent settings -- [--stage NAME] [--region REGION] [--offline]",
    ],
    [
      ['prod'],
      2,
      "Unexpected argument 'prod'. usage: npm run --silent settings -- [--stage NAME] [--region REGION] [--offline]",
    ],
  ] as const)('ends %j with %i and one line', async (args, code, line) => {
    writeStage(folder, { rateLimit: 'fast' }, 'wrong');
    expect(await settings(...args)).toEqual({ code, stdout: '', stderr: `${line}\n` });
  });

  it.each(['a', 'Prod-2', '0', 'x'.repeat(20)])('%s is the name of a stage', async (name) => {
    writeStage(folder, {}, name);
    expect(await settings('--stage', name)).toMatchObject({ code: 0, stderr: '' });
  });

  it('explains itself', async () => {
    expect((await settings('--help')).stdout).toMatch(/^usage: npm run --silent settings -- \[--stage NAME\]/);
  });
});
