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
  /** whether issuers may give their keys over http on this machine, and the authorizer has default realms */
  readonly isLocal?: boolean;
}

const localRealm = 'myrealm';

/** @throws Error when no stage can have this name */
export function stageFile(stage: string): string {
  // The names of roles have 64 characters, of which the longest Region and function leave 20.
  if (!/^[A-Za-z0-9][A-Za-z0-9-]{0,19}$/.test(stage))
    throw new Error(
      `The stage ${JSON.stringify(stage)} must be 1 to 20 letters, digits or "-", and begin with a letter or digit.`,
    );
  if (stage.endsWith('-data'))
    throw new Error(`The stage ${JSON.stringify(stage)} must not end in "-data": a data stack has such a name.`);
  return `${projectFolder}/infra/settings/${stage}.yml`;
}

/**
 * Reads the file of a stage, checks it, and completes it with the defaults.
 * @throws Error whose one line names the file, the setting, and the remedy
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
    throw new SettingsError('eventBus', 'is missing: notices.topic gets its notices from that bus.');
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

/** API Gateway caches an authorizer's answer for so long, unless an API says otherwise. */
const usualTtlSeconds = 300;

/**
 * The time that a revocation answers with must hold. What TTL the APIs of other stacks have is not known: a file that
 * names no bound promises the usual one.
 * @throws SettingsError when the functions would cache for too long
 */
function requireBound({ cacheSeconds, maxStaleSeconds }: StageSettings['verify'], isNamed: boolean): void {
  const most = isNamed ? maxStaleSeconds : maxStaleSeconds - usualTtlSeconds;
  if (cacheSeconds <= most) return;
  const why = isNamed
    ? `which is verify.maxStaleSeconds`
    : `which leaves ${usualTtlSeconds} of ${maxStaleSeconds} for the TTL of API Gateway; or set verify.maxStaleSeconds`;
  throw new SettingsError('verify.cacheSeconds', `must be at most ${most}, ${why}.`);
}

/** The realm of the demo applications, which the authorizer accepts where a file says nothing. */
function withRealm(file: unknown): unknown {
  const isGroup = typeof file === 'object' && file !== null && !Array.isArray(file);
  if (!isGroup || 'authorizer' in file) return file;
  console.log(`The authorizer accepts keys of the realm ${localRealm}: the settings have no authorizer.defaultRealms.`);
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

/** @throws SettingsError where it is no YAML, or names something twice */
function parse(text: string): unknown {
  const document = parseDocument(text, {
    prettyErrors: false,
    logLevel: 'error',
    stringKeys: true,
    resolveKnownTags: false,
  });
  if (document.directives?.yaml.version !== '1.2') throw new SettingsError('line 1', 'must not choose another YAML.');
  const [fault] = [...document.errors, ...document.warnings];
  if (!fault) return contentOf(document) ?? {};
  const line = text.slice(0, fault.pos[0]).split('\n').length;
  const what = fault.code === 'MULTIPLE_DOCS' ? 'Only one document can be in the file' : fault.message.split('\n')[0];
  const hint = /^Nested mappings/.test(fault.message) ? ' Quote a text that ends in a colon, such as "ci:".' : '';
  throw new SettingsError(`line ${line}`, `is not valid YAML: ${what?.replace(/\.$/, '')}.${hint}`);
}

/** @throws SettingsError for an alias (`*name`) without its anchor, or for too many of them */
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

/** @throws SettingsError that names the first fault; an unknown name goes first, because it may be a missing one, misspelt */
function requireValid(file: unknown): StageFile {
  if (fits(file)) return file;
  const { errors } = fits;
  const fault = errors?.toSorted((one, other) => rankOf(one) - rankOf(other))[0];
  throw fault ? faultOf(fault) : new Error('the file does not fit the schema');
}

/** What is missing at the top comes last: whoever writes a file begins with what is in it. */
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
    return new SettingsError(below(params.additionalProperty), `is not a setting. There are: ${known}.`);
  }
  if (propertyName !== undefined) return new SettingsError(below(propertyName), `must ${must}.`);
  const quote = keyword === 'type' && typeof data === 'number' && pattern && new RegExp(pattern).test(String(data));
  return new SettingsError(path || 'the file', `must ${must}.${quote ? ` Write it in quotes: "${data}".` : ''}`);
}

/** @param pointer JSON Pointer, such as `/issuers/0/realm` */
function pathOf(pointer: string): string {
  const names = pointer.split('/').slice(1);
  const shown = names.map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~'));
  return shown
    .map((name) => (/^\d+$/.test(name) ? `[${name}]` : `.${name}`))
    .join('')
    .replace(/^\./, '');
}
