import { readFileSync } from 'node:fs';
import { type CollectionTag, parseDocument, type ScalarTag } from 'yaml';
import { SettingsError } from '../../lib/verification/settings-rules.ts';
import type { Template } from './template.ts';

const sections = ['Parameters', 'Mappings', 'Conditions', 'Resources', 'Outputs'];
const setting = 'deployment.extraResources';

type Part = Record<string, unknown>;

/**
 * Merges the adopter's own file into the templates: what it names that is in one of them is changed there, and what
 * neither has becomes part of the service's.
 * @throws SettingsError when the file cannot be read, or is no such part of a template
 */
export function mergeSite(file: string, name: string, service: Template, data: Template): void {
  const site = parseSite(file, name);
  for (const [section, entries] of Object.entries(site))
    for (const [id, entry] of Object.entries(entries)) {
      const target = section === 'Resources' && Object.hasOwn(data.Resources, id) ? data : service;
      const existing = sectionOf(target, section);
      const merged = merge(existing[id], entry);
      if (section === 'Resources' && typeof (merged as Part).Type !== 'string')
        throw new SettingsError(setting, `${name}: the resource ${id} has no Type, and no template has it.`);
      existing[id] = merged;
    }
  requireReferences(service, data, name);
  requireReferences(data, service, name);
}

/** @throws SettingsError when something names a resource that its template does not have, which CloudFormation rejects */
function requireReferences(template: Template, other: Template, name: string): void {
  const { Resources, Outputs, Parameters = {} } = template;
  for (const [id, entry] of Object.entries({ ...Outputs, ...Resources }))
    for (const named of referencesIn(entry)) {
      if (named.startsWith('AWS::') || Object.hasOwn(Resources, named) || Object.hasOwn(Parameters, named)) continue;
      const where = Object.hasOwn(other.Resources, named) ? 'in the other stack' : 'not in its template';
      throw new SettingsError(setting, `${name}: ${id} names ${named}, which is ${where}.`);
    }
}

function referencesIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    if (key === 'Ref' || key === 'DependsOn') return [inner].flat().filter((named) => typeof named === 'string');
    if (key === 'Fn::GetAtt') return [String(Array.isArray(inner) ? inner[0] : inner).split('.')[0] ?? ''];
    if (key === 'Fn::Sub') return [...namesIn(inner), ...referencesIn(inner)];
    return referencesIn(inner);
  });
}

/** What a text names, apart from the values that are given beside it. */
function namesIn(sub: unknown): string[] {
  const [text, given = {}] = Array.isArray(sub) ? sub : [sub];
  const names = [...String(text).matchAll(/\$\{([^!}][^}]*)\}/g)].map(
    ([, found = '']) => found.trim().split('.')[0] ?? '',
  );
  return names.filter((found) => !Object.hasOwn(given, found));
}

function sectionOf(template: Template, name: string): Part {
  const sections = template as unknown as Record<string, Part>;
  sections[name] ??= {};
  return sections[name];
}

/** Groups are merged, everything else is replaced. */
function merge(before: unknown, after: unknown): unknown {
  if (!isGroup(before) || !isGroup(after)) return after;
  const merged = { ...before };
  for (const [name, value] of Object.entries(after)) merged[name] = merge(before[name], value);
  return merged;
}

function isGroup(value: unknown): value is Part {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parseSite(file: string, name: string): Record<string, Part> {
  const document = parseDocument(read(file, name), { customTags, prettyErrors: false, logLevel: 'error' });
  const [fault] = document.errors;
  if (fault) throw new SettingsError(setting, `${name} is not valid YAML: ${fault.message.split('\n')[0]}`);
  const site: unknown = document.toJS() ?? {};
  const isKnown = (section: string) => sections.includes(section);
  if (!isGroup(site)) throw new SettingsError(setting, `${name} must be a group of ${sections.join(', ')}.`);
  const unknown = Object.keys(site).find((section) => !isKnown(section));
  if (unknown !== undefined)
    throw new SettingsError(setting, `${name}: ${unknown} is not allowed there. There are: ${sections.join(', ')}.`);
  for (const [section, entries] of Object.entries(site))
    if (!isGroup(entries) || (section === 'Resources' && !Object.values(entries).every(isGroup)))
      throw new SettingsError(setting, `${name}: ${section} must be a group of groups.`);
  return site as Record<string, Part>;
}

function read(file: string, name: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    throw new SettingsError(setting, `names ${name}, which cannot be read.`);
  }
}

/** The short forms of CloudFormation, such as `!Ref Table`. */
const functionNames = [
  'And',
  'Base64',
  'Cidr',
  'Equals',
  'FindInMap',
  'GetAZs',
  'If',
  'ImportValue',
  'Join',
  'Not',
  'Or',
  'Select',
  'Split',
  'Sub',
];

const scalar = (tag: string, shown: (value: string) => object): ScalarTag => ({ tag, resolve: shown });

const customTags = [
  ...functionNames.flatMap((name) => [
    scalar(`!${name}`, (value) => ({ [`Fn::${name}`]: value })),
    ...(['seq', 'map'] as const).map(
      (collection): CollectionTag => ({
        tag: `!${name}`,
        collection,
        resolve: (value) => ({ [`Fn::${name}`]: value.toJSON() }),
      }),
    ),
  ]),
  scalar('!Ref', (Ref) => ({ Ref })),
  scalar('!Condition', (Condition) => ({ Condition })),
  scalar('!GetAtt', (value) => ({ 'Fn::GetAtt': [value.split('.')[0], value.split('.').slice(1).join('.')] })),
];
