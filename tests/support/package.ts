import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { unzip } from './unzip.ts';

const project = fileURLToPath(new URL('../..', import.meta.url));
const shipped = ['functions', 'infra', 'lib', 'package.json', 'serverless.yml', 'tsconfig.json'];
const timeoutMs = 170_000;

/** The properties that tests look into, of every type of resource. */
interface Properties {
  readonly FunctionName: string;
  readonly Handler: string;
  readonly Timeout: number;
  readonly Code: unknown;
  readonly Environment?: { readonly Variables: Record<string, string> };
  readonly Role: { readonly 'Fn::GetAtt': readonly [string, 'Arn'] };
  readonly Principal: string;
  readonly TableName: string;
  readonly LogGroupName: string;
  readonly RetentionInDays: number;
  readonly MethodSettings: readonly unknown[];
  readonly AccessLogSetting: { readonly DestinationArn: unknown; readonly Format: string };
  readonly AuthorizationType: string;
  readonly HttpMethod: string;
  readonly Integration: { readonly Uri: unknown };
  readonly ResourceId: { readonly Ref?: string };
  readonly ParentId: { readonly Ref?: string };
  readonly PathPart: string;
  readonly ResponseType: string;
  readonly StatusCode: string;
  readonly ResponseParameters: Record<string, string>;
  readonly ResponseTemplates: Record<string, string>;
  readonly FilterCriteria: { readonly Filters: readonly { readonly Pattern: string }[] };
}

export interface Resource {
  readonly Type: string;
  readonly DeletionPolicy?: string;
  readonly UpdatePolicy?: unknown;
  readonly DependsOn?: string | readonly string[];
  readonly Properties: Properties;
}

export interface Template {
  readonly Resources: Readonly<Record<string, Resource>>;
  readonly Outputs: Readonly<Record<string, unknown>>;
  readonly Metadata: Readonly<Record<string, unknown>>;
}

/** A copy of the service in a folder of its own, so that packaging disturbs nothing that runs beside it. */
export function copyService(): { folder: string; remove: () => void } {
  const folder = mkdtempSync(join(tmpdir(), 'appkeys-package-'));
  for (const name of shipped) cpSync(join(project, name), join(folder, name), { recursive: true });
  symlinkSync(join(project, 'node_modules'), join(folder, 'node_modules'), 'junction');
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** Runs the framework there, without credentials and with no variables but `env`. */
export async function serverless(folder: string, args: readonly string[], env: Record<string, string> = {}) {
  const child = spawn(process.execPath, [join(project, 'node_modules/serverless/bin/serverless.js'), ...args], {
    cwd: folder,
    env: { PATH: process.env.PATH, HOME: folder, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: timeoutMs,
    killSignal: 'SIGKILL',
  });
  const exit = new Promise<number | null>((resolve) => child.on('exit', resolve));
  const [status, stdout, stderr] = await Promise.all([exit, text(child.stdout), text(child.stderr)]);
  return { status, output: stdout + stderr };
}

/** Writes the file of a stage into the copy: the settings, with no issuers and one realm unless they name some. */
export function writeStage(folder: string, settings: Readonly<Record<string, unknown>> = {}, stage = 'dev'): void {
  const text = JSON.stringify({ authorizer: { defaultRealms: ['myrealm'] }, issuers: [], ...settings });
  writeFileSync(join(folder, `infra/settings/${stage}.yml`), text);
}

/**
 * Packages a stage of the copy, and unpacks what would be uploaded: the files of each function in
 * `bundles/<function name>`.
 * @param settings of the file of the stage
 */
export async function packageService(
  folder: string,
  settings: Readonly<Record<string, unknown>> = {},
  stage = 'dev',
  env: Record<string, string> = {},
): Promise<Template> {
  writeStage(folder, settings, stage);
  const { status, output } = await serverless(folder, ['package', '--package', 'package', '--stage', stage], env);
  if (status !== 0) throw new Error(`serverless package ended with ${status}: ${output}`);
  for (const name of readdirSync(join(folder, 'package'))) {
    if (name.endsWith('.zip')) unpack(join(folder, 'package', name), join(folder, 'bundles', basename(name, '.zip')));
  }
  return JSON.parse(readFileSync(join(folder, 'package/cloudformation-template-update-stack.json'), 'utf8'));
}

/** @returns the template of the data stack that was packaged last */
export function dataTemplateIn(folder: string): Template {
  return JSON.parse(readFileSync(join(folder, 'package/cloudformation-template-data-stack.json'), 'utf8'));
}

function unpack(archive: string, target: string): void {
  for (const [name, content] of unzip(readFileSync(archive))) {
    mkdirSync(join(target, dirname(name)), { recursive: true });
    writeFileSync(join(target, name), content);
  }
}
