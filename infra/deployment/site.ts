import { readFileSync } from 'node:fs';
import { type CollectionTag, parseDocument, type ScalarTag } from 'yaml';
import { SettingsError } from '../../lib/verification/settings-rules.ts';
import { changeForbidden, faultIn, missingReference } from './site-rules.ts';
import type { Template } from './template.ts';

const sections = ['Parameters', 'Mappings', 'Conditions', 'Resources', 'Outputs'];
const setting = 'deployment.extraResources';

type Part = Record<string, unknown>;

/**
 * Merges the adopter's own file into the templates: what it names that is in one of them is changed there, and what
 * neither has becomes part of the service's.
 * @throws SettingsError when the file cannot be read, or makes of a template what CloudFormation or the service rejects
 */
export function mergeSite(file: string, name: string, service: Template, data: Template): void {
  const fail = (what: string): never => {
    throw new SettingsError(setting, `${name}: ${what}`);
  };
  const site = parseSite(file, name);
  for (const [section, entries] of Object.entries(site))
    for (const [id, entry] of Object.entries(entries)) {
      const target = section === 'Resources' && Object.hasOwn(data.Resources, id) ? data : service;
      const existing = sectionOf(target, section);
      const before = Object.hasOwn(existing, id) ? existing[id] : undefined;
      const merged = merge(before, entry);
      const fault = faultIn(section, id, merged) ?? (isGroup(before) && changeForbidden(id, before, merged as Part));
      if (fault) fail(fault);
      existing[id] = merged;
    }
  const missing = missingReference(service, data) ?? missingReference(data, service);
  if (missing !== undefined) fail(missing);
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
  const site = parseYaml(read(file, name), name);
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

/** @throws SettingsError also for a tag that is none of CloudFormation's, and for an alias without its anchor */
function parseYaml(text: string, name: string): unknown {
  const document = parseDocument(text, { customTags, prettyErrors: false, logLevel: 'error' });
  try {
    for (const fault of [...document.errors, ...document.warnings]) throw fault;
    return document.toJS() ?? {};
  } catch (fault) {
    throw new SettingsError(setting, `${name} is not valid YAML: ${(fault as Error).message.split('\n')[0]}`);
  }
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
