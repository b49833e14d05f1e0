import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js';
import { type Document, parseDocument } from 'yaml';
import type { StageSettings } from '../../lib/service/settings.ts';
import { SettingsError } from '../../lib/verification/settings-rules.ts';
import { projectFolder } from '../local/folders.ts';
import { completeIssuer, discoverKeys, type IssuerEntry, requireIssuers } from './issuers.ts';
import { requireLifetimes } from './lifetimes.ts';
import { settingsSchema } from './schema.ts';
import { type ConsoleEntry, completeSignIn, hasSignIn, requireExampleUrl, requireSignIn } from './sign-in.ts';

interface ReadOptions {
  /** whether plain http is allowed for issuers on this machine, and the authorizer has default realms */
  readonly isLocal?: boolean;
}

const localRealm = 'myrealm';

/** @throws Error when the name of the stage is invalid */
export function stageFile(stage: string): string {
  // The name of a role has at most 64 characters. The longest Region and function name leave 20.
  if (!/^[A-Za-z0-9][A-Za-z0-9-]{0,19}$/.test(stage))
    throw new Error(
      `The stage ${JSON.stringify(stage)} must be 1 to 20 letters, digits or "-", and begin with a letter or digit.`,
    );
  if (stage.endsWith('-data'))
    throw new Error(
      `The stage ${JSON.stringify(stage)} must not end in "-data", because the names of data stacks end so.`,
    );
  return `${projectFolder}/infra/settings/${stage}.yml`;
}

/**
 * Reads the file of a stage, checks it, and completes it with the defaults.
 * @throws Error with one line that names the file, the setting, and the remedy
 */
export async function readStageSettings(file: string, options: ReadOptions = {}): Promise<StageSettings> {
  try {
    return await completed(parse(readText(file)), options);
  } catch (error) {
    throw error instanceof SettingsError ? new Error(`${shown(file)}: ${error.message}`) : error;
  }
}

async function completed(file: unknown, { isLocal = false }: ReadOptions): Promise<StageSettings> {
  const { maxStaleSeconds } = verifyIn(file);
  const { claims = {}, issuers, console: pages, ...settings } = requireValid(isLocal ? withRealm(file) : file);
  requireBound(settings.verify, maxStaleSeconds !== undefined);
  const complete = { ...settings, issuers: issuers.map((issuer) => completeIssuer(issuer, claims)) };
  requireIssuers(complete, isLocal);
  requireLifetimes(complete);
  if (complete.notices.topic !== undefined && complete.eventBus === undefined)
    throw new SettingsError(
      'eventBus',
      'is missing. notices.topic gets its notices from that bus. Set eventBus, or remove notices.topic.',
    );
  const { exampleUrl } = pages ?? {};
  if (exampleUrl !== undefined) requireExampleUrl(exampleUrl, isLocal);
  const signIn = pages && hasSignIn(pages) ? pages : undefined;
  if (signIn) requireSignIn(signIn, complete.issuers, isLocal);
  return {
    ...complete,
    issuers: await discoverKeys(complete.issuers, isLocal),
    ...(exampleUrl !== undefined && { console: { exampleUrl } }),
    ...(signIn && { console: await completeSignIn(signIn, isLocal) }),
  };
}

function verifyIn(file: unknown): { readonly maxStaleSeconds?: unknown } {
  return (file as { readonly verify?: { readonly maxStaleSeconds?: unknown } } | null)?.verify ?? {};
}

/** The default TTL for which API Gateway caches the response of an authorizer. */
const usualTtlSeconds = 300;

/**
 * The time in the response to a revocation must hold. The TTLs of APIs in other stacks are not known. Without a bound
 * in the file, the default TTL is assumed.
 * @throws SettingsError when the functions would cache for too long
 */
function requireBound({ cacheSeconds, maxStaleSeconds }: StageSettings['verify'], isNamed: boolean): void {
  const most = isNamed ? maxStaleSeconds : maxStaleSeconds - usualTtlSeconds;
  if (cacheSeconds <= most) return;
  const why = isNamed
    ? `which is verify.maxStaleSeconds`
    : `because ${usualTtlSeconds} of ${maxStaleSeconds} seconds are for the TTL of API Gateway. Or set verify.maxStaleSeconds`;
  throw new SettingsError('verify.cacheSeconds', `must be at most ${most}, ${why}.`);
}

/** The realm of the demo applications. The authorizer accepts it if the file has no authorizer settings. */
function withRealm(file: unknown): unknown {
  const isGroup = typeof file === 'object' && file !== null && !Array.isArray(file);
  if (!isGroup || 'authorizer' in file) return file;
  console.log(
    `The authorizer accepts keys of the realm ${localRealm}, because the settings have no authorizer.defaultRealms.`,
  );
  return { ...file, authorizer: { defaultRealms: [localRealm] } };
}

function shown(file: string): string {
  const path = relative(process.cwd(), file);
  return path.startsWith('..') ? file : path;
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    const remedy = isMissing ? 'does not exist. Copy infra/settings/example.yml to it' : `cannot be read (${error})`;
    throw new Error(`${shown(file)} ${remedy}.`);
  }
}

/** @throws SettingsError when the text is not valid YAML, or contains a name twice */
function parse(text: string): unknown {
  const document = parseDocument(text, {
    prettyErrors: false,
    logLevel: 'error',
    stringKeys: true,
    resolveKnownTags: false,
  });
  if (document.directives?.yaml.version !== '1.2')
    throw new SettingsError('line 1', 'must not choose another version of YAML.');
  const [fault] = [...document.errors, ...document.warnings];
  if (!fault) return contentOf(document) ?? {};
  const line = text.slice(0, fault.pos[0]).split('\n').length;
  const what = fault.code === 'MULTIPLE_DOCS' ? 'The file can contain only one document' : fault.message.split('\n')[0];
  const hint = /^Nested mappings/.test(fault.message) ? ' Quote a text that ends in a colon, such as "ci:".' : '';
  throw new SettingsError(`line ${line}`, `is not valid YAML: ${what?.replace(/\.$/, '')}.${hint}`);
}

/** @throws SettingsError for an alias (`*name`) without its anchor, or for too many aliases */
function contentOf(document: Document): unknown {
  try {
    return document.toJS();
  } catch (error) {
    const [message] = String(error instanceof Error ? error.message : error).split('\n');
    throw new SettingsError('the file', `has an alias that cannot be resolved: ${message}.`);
  }
}

interface StageFile extends Omit<StageSettings, 'issuers' | 'console'> {
  readonly console?: ConsoleEntry;
  readonly claims?: NonNullable<IssuerEntry['claims']>;
  readonly issuers: readonly IssuerEntry[];
}

const ajv = new Ajv2020({
  allErrors: true,
  useDefaults: true,
  verbose: true,
  allowUnionTypes: true,
  keywords: ['must'],
});
const fits = ajv.compile<StageFile>(settingsSchema);

/**
 * @throws SettingsError with the first fault; unknown names come first, because an unknown name can be a misspelled
 * required name
 */
function requireValid(file: unknown): StageFile {
  if (fits(file)) return file;
  const { errors } = fits;
  const fault = errors?.toSorted((one, other) => rankOf(one) - rankOf(other))[0];
  throw fault ? faultOf(fault) : new Error('the file does not fit the schema');
}

/** Missing settings at the top level come last, because authors first correct what is in the file. */
function rankOf({ keyword, instancePath }: ErrorObject): number {
  if (keyword === 'additionalProperties') return 0;
  return keyword === 'required' && instancePath === '' ? 2 : 1;
}

interface Described {
  readonly must?: string;
  readonly pattern?: string;
  readonly properties?: Readonly<Record<string, Described>>;
}

function faultOf(fault: ErrorObject): SettingsError {
  const { keyword, instancePath, params, parentSchema, propertyName, message, data } = fault;
  const path = pathOf(instancePath);
  const { must = message, pattern, properties = {} } = (parentSchema ?? {}) as Described;
  const below = (name: string) => (path === '' ? name : `${path}.${name}`);
  if (keyword === 'required' || keyword === 'dependentRequired') {
    const missing = params.missingProperty;
    return new SettingsError(below(missing), `is missing. It must ${properties[missing]?.must}.`);
  }
  if (keyword === 'additionalProperties') {
    const known = Object.keys(properties).join(', ');
    return new SettingsError(below(params.additionalProperty), `is not a setting. The settings here are: ${known}.`);
  }
  if (propertyName !== undefined) return new SettingsError(below(propertyName), `must ${must}.`);
  const quote = keyword === 'type' && typeof data === 'number' && pattern && new RegExp(pattern).test(String(data));
  return new SettingsError(path || 'the file', `must ${must}.${quote ? ` Write it in quotes: "${data}".` : ''}`);
}

/** @param pointer a JSON Pointer, such as `/issuers/0/realm` */
function pathOf(pointer: string): string {
  const names = pointer.split('/').slice(1);
  const shown = names.map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~'));
  return shown
    .map((name) => (/^\d+$/.test(name) ? `[${name}]` : `.${name}`))
    .join('')
    .replace(/^\./, '');
}
