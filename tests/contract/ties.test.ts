import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const timeoutMs = 180_000;

/** The service's own sources, of which one can be read as another text than it has. */
class Sources {
  readonly #changed = new Map<string, { readonly text: string; readonly version: string }>();
  readonly #service: ts.LanguageService;
  #version = 0;

  constructor() {
    const { config } = ts.readConfigFile(`${root}tsconfig.json`, ts.sys.readFile);
    const { options, fileNames } = ts.parseJsonConfigFileContent(config, ts.sys, root);
    const own = fileNames.filter((name) => name.startsWith(`${root}functions/`) || name.endsWith('.d.ts'));
    this.#service = ts.createLanguageService({
      getCompilationSettings: () => options,
      getScriptFileNames: () => own,
      getScriptVersion: (name) => this.#changed.get(name)?.version ?? '0',
      getScriptSnapshot: (name) => {
        const text = this.#changed.get(name)?.text ?? ts.sys.readFile(name);
        return text === undefined ? undefined : ts.ScriptSnapshot.fromString(text);
      },
      getCurrentDirectory: () => root,
      getDefaultLibFileName: ts.getDefaultLibFilePath,
      fileExists: ts.sys.fileExists,
      readFile: ts.sys.readFile,
      directoryExists: ts.sys.directoryExists,
      getDirectories: ts.sys.getDirectories,
    });
  }

  /** @returns where the service does not compile while one of its files is edited, each with its reason */
  faultsWith(file: string, edit: (text: string) => string): string[] {
    const text = readFileSync(`${root}${file}`, 'utf8');
    const edited = edit(text);
    expect(edited).not.toBe(text);
    this.#version += 1;
    this.#changed.set(`${root}${file}`, { text: edited, version: String(this.#version) });
    const faults = this.faults();
    this.#changed.delete(`${root}${file}`);
    return faults;
  }

  faults(): string[] {
    const files = this.#service.getProgram()?.getSourceFiles() ?? [];
    const own = files.map(({ fileName }) => fileName).filter((name) => /\/(functions|lib)\/(?!client\/)/.test(name));
    return own
      .filter((name) => name.startsWith(root) && !name.includes('/node_modules/'))
      .flatMap((name) => {
        const diagnostics = this.#service.getSemanticDiagnostics(name);
        return diagnostics.map(({ messageText }) => {
          return `${name.slice(root.length)}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`;
        });
      });
  }
}

const sources = new Sources();

/** @returns the text with something more right after `mark`, the first one after `start` */
const adding =
  (more: string, mark: string, start = '') =>
  (text: string) => {
    const [before = '', after = ''] = [text.slice(0, text.indexOf(start)), text.slice(text.indexOf(start))];
    return text.includes(start) ? before + after.replace(mark, () => mark + more) : text;
  };
const inSchema = (schema: string) => (text: string) =>
  adding(
    ' note: name,',
    'properties: {',
    `export const ${schema} = {`,
  )(text.replace('properties: apiKeyFields,', 'properties: { ...apiKeyFields },'));

/** The files that do not compile, all for the field `note`. */
function filesOf(faults: readonly string[]): string[] {
  for (const fault of faults) expect(fault).toMatch(/\bnote\b/);
  return faults.map((fault) => fault.slice(0, fault.indexOf(':'))).sort();
}

it('the service compiles as it is', { timeout: timeoutMs }, () => expect(sources.faults()).toEqual([]));

describe('a field that only the schema of a body has does not compile', () => {
  it.each([
    ['generateApiKeyBody', 'generate-api-key'],
    ['generateApiKeyDirectPayload', 'generate-api-key-direct'],
    ['updateApiKeyBody', 'update-api-key'],
    ['rotateApiKeyBody', 'rotate-api-key'],
    ['verifyApiKeyBody', 'verify-api-key'],
    ['verifyApiKeyDirectPayload', 'verify-api-key-direct'],
    ['createAppBody', 'create-app'],
    ['updateAppBody', 'update-app'],
    ['putGrantBody', 'put-grant'],
  ])('%s', { timeout: timeoutMs }, (schema, name) => {
    const faults = sources.faultsWith('lib/contract/schemas.ts', inSchema(schema));
    expect(filesOf(faults)).toEqual([`functions/${name}.ts`]);
  });
});

const makingKeys = [
  'functions/generate-api-key-direct.ts',
  'functions/generate-api-key.ts',
  'functions/rotate-api-key.ts',
];
const verifying = ['functions/verify-api-key-direct.ts', 'functions/verify-api-key.ts'];
const showingKeys = ['functions/get-api-key.ts', 'functions/list-api-keys.ts', 'functions/update-api-key.ts'];
const showingApps = ['create-app', 'get-app', 'list-apps', 'update-app'].map((name) => `functions/${name}.ts`);

describe('a field that only the schema of a reply has does not compile', () => {
  it.each([
    ['newApiKeyReply', makingKeys],
    ['verificationReply', verifying],
    ['apiKeyReply', showingKeys],
    ['apiKeysReply', ['functions/list-api-keys.ts']],
    ['appReply', showingApps],
    ['appWithRightsReply', ['functions/get-app.ts']],
    ['appsReply', ['functions/list-apps.ts']],
    ['grantReply', ['functions/list-grants.ts', 'functions/put-grant.ts']],
    ['grantsReply', ['functions/list-grants.ts']],
    ['issuersReply', ['functions/list-issuers.ts']],
    ['errorReply', ['lib/service/http/exchange.ts']],
  ])('%s', { timeout: timeoutMs }, (schema, files) => {
    expect(filesOf(sources.faultsWith('lib/contract/schemas.ts', inSchema(schema)))).toEqual(files);
  });
});

describe('a field that only the code gives does not compile', () => {
  it.each([
    ['formatBareApiKey', 'lib/domain/api-key.ts', [...makingKeys, ...showingKeys, ...verifying].sort()],
    ['formatNewApiKey', 'lib/domain/api-key.ts', makingKeys],
    ['formatApiKey(', 'lib/domain/api-key.ts', showingKeys],
    ['formatApp', 'lib/domain/app.ts', showingApps],
    ['formatError', 'lib/domain/errors.ts', ['lib/domain/errors.ts']],
    ['listApiKeys', 'functions/list-api-keys.ts', ['functions/list-api-keys.ts']],
  ])('%s', { timeout: timeoutMs }, (name, file, files) => {
    const edit =
      name === 'listApiKeys' ? adding(" note: '',", 'body: {') : adding(" note: '',", 'return {', `function ${name}`);
    expect(filesOf(sources.faultsWith(file, edit))).toEqual(files);
  });
});

describe('a field that a caller may give and that is not stored does not compile', () => {
  it.each([
    ['ApiKeyInput', 'lib/domain/api-key.ts'],
    ['AppInput', 'lib/domain/app.ts'],
  ])('%s', { timeout: timeoutMs }, (name, file) => {
    const faults = sources.faultsWith(file, adding(' readonly note?: string;', '{', `export interface ${name} {`));
    expect(filesOf(faults)).toContain(file);
  });
});
