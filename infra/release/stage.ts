import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import type { Template } from '../deployment/template.ts';
import { projectFolder } from '../local/folders.ts';
import { portable } from './portable-template.ts';

/**
 * Packages a stage, and writes its zips to the folder `functions` and its two templates beside that. If the packaging
 * fails, an earlier release in the folder stays.
 * @returns the names of its functions
 */
export function writeStage(folder: string, stage: string, region: string): string[] {
  mkdirSync(dirname(folder), { recursive: true });
  const packaged = mkdtempSync(`${folder}-`);
  try {
    packageStage(packaged, stage, region);
    makeEmpty(folder);
    const zips = copyZips(packaged, join(folder, 'functions'));
    writeTemplate(join(folder, 'data.template.json'), readTemplate(packaged, 'data'));
    writeTemplate(join(folder, 'service.template.json'), portable(readTemplate(packaged, 'update'), zips));
    return Object.keys(zips).map((name) => name.replace(/\.zip$/, ''));
  } finally {
    rmSync(packaged, { recursive: true });
  }
}

export function makeEmpty(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
}

/** @throws Error with the one line that the framework ends with, which says what setting is wrong */
function packageStage(folder: string, stage: string, region: string): void {
  const framework = join(projectFolder, 'node_modules/serverless/bin/serverless.js');
  // It takes a path from the folder of the service only.
  const args = [
    framework,
    'package',
    '--stage',
    stage,
    '--region',
    region,
    '--package',
    relative(projectFolder, folder),
  ];
  const { status, stderr } = spawnSync(process.execPath, args, { cwd: projectFolder, encoding: 'utf8' });
  if (status !== 0) throw new Error(/^Error: (.+)$/m.exec(stderr)?.[1] ?? stderr);
}

/** @returns the name of each zip in the release by the one that it was packaged with */
function copyZips(from: string, to: string): Record<string, string> {
  mkdirSync(to, { recursive: true });
  const names = readdirSync(from).filter((name) => name.endsWith('.zip'));
  const zips = names.map((name) => [name, hashedName(name, readFileSync(join(from, name)))] as const);
  for (const [name, hashed] of zips) cpSync(join(from, name), join(to, hashed));
  return Object.fromEntries(zips);
}

/** CloudFormation updates a function only if its code has another key. */
function hashedName(name: string, content: Buffer): string {
  const hash = createHash('sha256').update(content).digest('hex').slice(0, 16);
  return name.replace(/\.zip$/, `-${hash}.zip`);
}

function readTemplate(folder: string, name: 'data' | 'update'): Template {
  return JSON.parse(readFileSync(join(folder, `cloudformation-template-${name}-stack.json`), 'utf8'));
}

/** The framework collects resources in an order that differs each time. */
function writeTemplate(file: string, template: Template): void {
  const sorted = { ...template, Resources: byName(template.Resources), Outputs: byName(template.Outputs) };
  writeFileSync(file, `${JSON.stringify(sorted, null, 2)}\n`);
}

function byName<T>(group: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(group).toSorted(([one], [other]) => (one < other ? -1 : 1)));
}
