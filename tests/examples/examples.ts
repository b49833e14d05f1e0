import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { projectFolder } from '../../infra/local/folders.ts';

export const examplesFolder = join(projectFolder, 'docs/examples');

/** What the comment in each example says is to be written for an authorizer that the gateway asks for each request. */
const uncached: Readonly<Record<string, readonly (readonly [cached: RegExp, uncached: string])[]>> = {
  'serverless-rest.yml': [
    [/identitySource: method.+/, 'identitySource: ""'],
    [/resultTtlInSeconds: 60/, 'resultTtlInSeconds: 0'],
  ],
  'serverless-http.yml': [
    [/^ +identitySource: .+\n/m, ''],
    [/resultTtlInSeconds: 60/, 'resultTtlInSeconds: 0'],
  ],
  'sam-rest.yaml': [[/Headers: .+\n +ReauthorizeEvery: 60/, 'ReauthorizeEvery: 0']],
  'sam-http.yaml': [[/Headers: .+\n +ReauthorizeEvery: 60/, 'ReauthorizeEvery: 0']],
  'cdk-rest.ts': [
    [/^ +identitySources: .+/m, '  identitySources: [],'],
    [/Duration.seconds\(60\)/, 'Duration.seconds(0)'],
  ],
  'cdk-http.ts': [
    [/^ +identitySource: .+/m, '  identitySource: [],'],
    [/Duration.seconds\(60\)/, 'Duration.seconds(0)'],
  ],
};

/**
 * A copy of the examples for one test.
 * @param parent has the packages that they need, if they need any
 * @param atEnd a test that runs beside others gives its own
 */
export function copyExamples(parent: string, atEnd: typeof onTestFinished = onTestFinished): string {
  const folder = mkdtempSync(join(parent, 'examples-'));
  atEnd(() => rmSync(folder, { recursive: true, force: true }));
  cpSync(examplesFolder, folder, { recursive: true });
  return folder;
}

/** Changes an example as its comment says. */
export function dropCache(folder: string, name: string): void {
  const file = join(folder, name);
  let text = readFileSync(file, 'utf8');
  for (const [cached, instead] of uncached[name] ?? expect.fail(`${name} is not known here.`)) {
    expect(text).toMatch(cached);
    text = text.replace(cached, instead);
  }
  writeFileSync(file, text);
}
