import { execFile, execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { replacements } from '../../infra/plugins/slim/replacements.ts';
import { writeChecksums } from '../../infra/release/checksums.ts';
import { writeZip } from '../../infra/release/function-zips.ts';
import { releaseOf, repack } from '../../infra/release/package.ts';
import packageJson from '../../package.json' with { type: 'json' };
import { startAws } from '../support/aws.ts';
import { everySetting } from '../support/deployment.ts';
import { packageService, type Template, writeStage } from '../support/package.ts';
import { copyProject, release } from '../support/release.ts';
import { entry } from '../support/settings-file.ts';
import { unzip } from '../support/unzip.ts';

const folder = mkdtempSync(join(tmpdir(), 'appkeys-release-test-'));
afterAll(() => rmSync(folder, { recursive: true }));

const readLines = (file: string) => readFileSync(file, 'utf8').trim().split('\n');
const check = (cwd: string) =>
  String(execFileSync('shasum', ['--algorithm', '256', '--check', 'SHA256SUMS'], { cwd, stdio: 'pipe' }));

describe('the package of a release', () => {
  const onGitHub = {
    GITHUB_SERVER_URL: 'https://github.com',
    GITHUB_REPOSITORY: 'acme/keys',
    GITHUB_REF_TYPE: 'tag',
    GITHUB_REF_NAME: 'v0.1.0',
  };
  const manifest = { name: 'appkeys', version: '0.1.0', type: 'module', exports: { './client': './client.js' } };
  const [one, another] = [join(folder, 'one'), join(folder, 'another')];
  const tarball = join(folder, 'appkeys-0.1.0.tgz');
  const file = 'acme-appkeys-0.1.0.tgz';

  /** A small package, as `npm pack` writes it, and two releases of it. */
  beforeAll(() => {
    const source = join(folder, 'source');
    mkdirSync(source);
    writeFileSync(join(source, 'package.json'), JSON.stringify(manifest));
    writeFileSync(join(source, 'client.js'), 'export const answer = 42;\n');
    execFileSync('npm', ['pack', source, '--silent', '--pack-destination', folder]);
    for (const target of [one, another]) {
      mkdirSync(target);
      repack(tarball, target, releaseOf({ ...onGitHub, NPM_PACKAGE: '@acme/appkeys' }, '0.1.0'));
    }
  });

  it('has its name on npm, and the repository that built it', () => {
    const member = (name: string) => String(execFileSync('tar', ['-xzOf', join(one, file), `package/${name}`]));
    expect(readdirSync(one)).toEqual([file]);
    expect(JSON.parse(member('package.json'))).toEqual({
      ...manifest,
      name: '@acme/appkeys',
      repository: { type: 'git', url: 'git+https://github.com/acme/keys.git' },
    });
    expect(member('client.js')).toBe('export const answer = 42;\n');
  });

  it('is the same a second time, byte by byte', () => {
    expect(readFileSync(join(another, file)).equals(readFileSync(join(one, file)))).toBe(true);
  });

  it('has a checksum, which tells a changed one', () => {
    const changed = join(folder, 'changed');
    cpSync(one, changed, { recursive: true });
    writeChecksums(changed);
    expect(check(changed)).toBe(`${file}: OK\n`);
    writeFileSync(join(changed, file), 'something else');
    expect(() => check(changed)).toThrow('did NOT match');
  });

  it('would be published by npm, with public access', () => {
    const command = packageJson.scripts['publish:release'].replace('./dist/release/', `${one}/`);
    const output = execFileSync('sh', ['-c', `${command} --dry-run 2>&1`], { cwd: folder });
    expect(String(output)).toMatch(/public access \(dry-run\)\n\+ @acme\/appkeys@0\.1\.0\n$/);
  });

  it('keeps its own name where the settings have none', () => {
    expect(releaseOf({}, '0.1.0')).toEqual({ name: 'appkeys' });
    expect(releaseOf({ ...onGitHub, NPM_PACKAGE: '' }, '0.1.0')).toMatchObject({ name: 'appkeys' });
  });

  it('is not built for a tag that does not name the version', () => {
    expect(() => releaseOf({ ...onGitHub, GITHUB_REF_NAME: 'v0.2.0' }, '0.1.0')).toThrow(
      'The tag is v0.2.0, but package.json has version 0.1.0. Use the tag v0.1.0.',
    );
    expect(releaseOf({ ...onGitHub, GITHUB_REF_TYPE: 'branch', GITHUB_REF_NAME: 'main' }, '0.1.0')).toMatchObject({
      name: 'appkeys',
    });
  });
});

const [copy, elsewhere] = [copyProject(), copyProject()];
afterAll(() => {
  for (const { remove } of [copy, elsewhere]) remove();
});

/** What a zip has, once `settings.json` is put before it. */
async function withSettings(zip: string, settings: Buffer): Promise<Buffer> {
  const unpacked = mkdtempSync(join(folder, 'unpacked-'));
  const files = [...new Map([['settings.json', settings]]), ...unzip(readFileSync(zip))].map(([localPath, content]) => {
    const rootPath = join(unpacked, localPath);
    mkdirSync(dirname(rootPath), { recursive: true });
    writeFileSync(rootPath, content);
    return { localPath, rootPath };
  });
  const archive = join(unpacked, 'all.zip');
  await writeZip(archive, files);
  return readFileSync(archive);
}

describe('npm run release', () => {
  let all: string;
  let stage: string;
  let packaged: Template;
  const settings = { ...everySetting, issuers: [entry] };
  const read = (name: string): Template => JSON.parse(readFileSync(join(stage, name), 'utf8'));

  beforeAll(async () => {
    all = await release(copy.folder);
    writeStage(copy.folder, settings, 'prod');
    stage = await release(copy.folder, '--stage', 'prod', '--region', 'us-east-1');
    packaged = await packageService(elsewhere.folder, settings, 'prod');
  });

  const functionsOf = ({ Resources }: Template) =>
    Object.values(Resources).filter(({ Type }) => Type === 'AWS::Lambda::Function');
  const zipOf = (name: string) =>
    readdirSync(join(stage, 'functions')).find((file) => file.startsWith(`${name}-`)) ?? '';

  it('has the package, a zip of each function, what is bundled with its licenses, and checksums of all', () => {
    const names = readdirSync(join(stage, 'functions')).map((file) => file.replace(/-[0-9a-f]{16}\.zip$/, ''));
    const others = ['THIRD-PARTY-LICENSES.txt', 'appkeys-0.1.0.tgz', 'sbom.cdx.json'];
    const files = [...others, ...names.map((name) => `${name}.zip`)].sort();
    expect(names).toHaveLength(12);
    expect(readdirSync(all).sort()).toEqual(['SHA256SUMS', ...files].sort());
    expect(check(all)).toBe(files.map((file) => `${file}: OK\n`).join(''));
    expect(check(stage)).toContain(`functions/${zipOf('read')}: OK\n`);
    expect(readLines(join(stage, 'SHA256SUMS'))).toHaveLength(names.length + 4);
  });

  it('is the same in another folder, of a stage too', async () => {
    const sums = (where: string) => readLines(join(where, 'SHA256SUMS'));
    expect(sums(await release(elsewhere.folder))).toEqual(sums(all));
    expect(sums(await release(elsewhere.folder, '--stage', 'prod'))).toEqual(sums(stage));
  });

  it("is without settings: with the stage's own, its zips are those of the stage, byte by byte", async () => {
    for (const file of readdirSync(join(stage, 'functions'))) {
      const name = file.replace(/-\w+\.zip$/, '');
      const content = readFileSync(join(stage, 'functions', file));
      expect([...unzip(readFileSync(join(all, `${name}.zip`))).keys()]).toHaveLength(1);
      const own = unzip(content).get('settings.json') ?? Buffer.of();
      expect(JSON.parse(String(own))).toMatchObject({ tableName: 'appkeys-prod' });
      expect((await withSettings(join(all, `${name}.zip`), own)).equals(content)).toBe(true);
    }
  });

  it('of a stage has the templates that npm run deploy would use, but for where the zips are', () => {
    const service = read('service.template.json');
    const { ServerlessDeploymentBucket, ServerlessDeploymentBucketPolicy, ...resources } = packaged.Resources;
    expect(ServerlessDeploymentBucket).toBeDefined();
    const withoutCode = (each: Template['Resources']) =>
      Object.entries(each).map(([id, resource]) => [
        id,
        { ...resource, Properties: { ...resource.Properties, Code: 0 } },
      ]);
    expect(withoutCode(service.Resources)).toEqual(withoutCode(resources).sort());
    const { ServerlessDeploymentBucketName, ...outputs } = packaged.Outputs;
    expect(service.Outputs).toEqual(outputs);
    expect(service.Metadata).toEqual(packaged.Metadata);
    expect(JSON.stringify(service)).not.toContain('ServerlessDeploymentBucket');
    const data = join(elsewhere.folder, 'package/cloudformation-template-data-stack.json');
    expect(read('data.template.json')).toEqual(JSON.parse(readFileSync(data, 'utf8')));
  });

  it('of a stage names each zip by its content, below the prefix', () => {
    const functions = functionsOf(read('service.template.json'));
    expect(functions).toHaveLength(12);
    for (const { Properties } of functions)
      expect(Properties.Code).toEqual({
        S3Bucket: { Ref: 'ZipBucket' },
        S3Key: { 'Fn::Sub': `\${ZipPrefix}/${zipOf(Properties.FunctionName.replace('appkeys-prod-', ''))}` },
      });
  });

  const hasCli = spawnSync('aws', ['--version']).status === 0;
  it.skipIf(!hasCli)('of a stage is deployed by the AWS CLI alone; the same again changes nothing', async () => {
    const aws = await startAws();
    onTestFinished(() => aws.stop());
    const env = { PATH: process.env.PATH, HOME: folder, AWS_DEFAULT_REGION: 'us-east-1', ...aws.env };
    const noFailure = '--no-fail-on-empty-changeset'; // which version 2 of the CLI does by itself
    const deploy = async (stack: string, template: string, ...more: string[]) => {
      const args = ['cloudformation', 'deploy', '--stack-name', stack, '--template-file', template, ...more, noFailure];
      return (await promisify(execFile)('aws', args, { cwd: stage, env })).stdout;
    };
    const service = [
      'appkeys-prod',
      'service.template.json',
      '--s3-bucket',
      'zips',
      '--capabilities',
      'CAPABILITY_NAMED_IAM',
    ];
    const all = [
      ['appkeys-prod-data', 'data.template.json'],
      [...service, '--parameter-overrides', 'ZipBucket=zips'],
    ];
    await expect(deploy(...(service as [string, string]))).rejects.toThrow('Parameters: [ZipBucket] must have values');
    for (const again of [false, true])
      for (const [stack = '', template = '', ...more] of all)
        expect(await deploy(stack, template, ...more)).toContain(
          again ? 'No changes to deploy' : 'Successfully created',
        );
    for (const stack of aws.stacks.values()) expect(stack.status).toBe('CREATE_COMPLETE');
    expect(aws.stacks.get('appkeys-prod')?.template).toEqual(read('service.template.json'));
  });

  it('says which packages are bundled, and which of their files are replaced', () => {
    const { components, ...bom } = JSON.parse(readFileSync(join(all, 'sbom.cdx.json'), 'utf8'));
    const texts = readFileSync(join(all, 'THIRD-PARTY-LICENSES.txt'), 'utf8');
    const names = components.map(({ name, version }: Record<string, string>) => `${name} ${version} (`);
    expect(bom).toMatchObject({ bomFormat: 'CycloneDX', metadata: { component: { name: 'appkeys-service' } } });
    expect(names.join()).toMatch(/jose .*openapi-fetch .*swagger-ui-dist /);
    for (const name of names) expect(texts).toContain(name);
    expect(components.length).toBeLessThan(60);
    const notes = components.flatMap(({ pedigree }: { pedigree?: { notes: string } }) => pedigree?.notes ?? []).join();
    for (const file of replacements.keys()) expect(notes).toContain(file);
  });

  it('of a stage with a wrong setting, or with the issuers of the example, is one line, and keeps the earlier release', async () => {
    const earlier = join(copy.folder, 'dist/release-bad');
    mkdirSync(earlier, { recursive: true });
    writeFileSync(join(earlier, 'SHA256SUMS'), '');
    const failure = async (own: object, ...flags: string[]) => {
      writeStage(copy.folder, { ...own }, 'bad');
      return release(copy.folder, '--stage', 'bad', ...flags).catch(({ stderr }) => stderr);
    };
    expect(await failure({})).toMatch(/^Error: infra\/settings\/bad.yml: issuers is empty\. .+\n$/);
    expect(await failure({ issuers: [entry], deployment: { tags: { a: '1', A: '2' } } })).toMatch(
      /^Error: infra\/settings\/bad\.yml: deployment\.tags\.A is there twice, .+\n$/,
    );
    expect(await failure({ issuers: [entry] }, '--region', 'x')).toMatch(/^Error: The Region "x" is none .+\n$/);
    expect(readdirSync(earlier)).toEqual(['SHA256SUMS']);
  });
});
