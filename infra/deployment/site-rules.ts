import { isDeepStrictEqual } from 'node:util';
import type { Template } from './template.ts';

type Part = Record<string, unknown>;

/** What a resource of a template can have. */
const attributes = [
  'Condition',
  'CreationPolicy',
  'DeletionPolicy',
  'DependsOn',
  'Metadata',
  'Properties',
  'Type',
  'UpdatePolicy',
  'UpdateReplacePolicy',
];

/** @returns what CloudFormation rejects in an entry of a section, without a look at the others */
export function faultIn(section: string, id: string, entry: unknown): string | undefined {
  if (!/^[A-Za-z0-9]{1,255}$/.test(id)) return `the name ${id} must be 1 to 255 letters and digits.`;
  const empty = emptyIn(entry, id);
  if (empty !== undefined) return `${empty} has no value.`;
  const { Type, Value, Default } = entry as Part;
  if (section === 'Outputs' && Value === undefined) return `the output ${id} has no Value.`;
  if (section === 'Parameters' && (Type === undefined || Default === undefined))
    return `the parameter ${id} must have a Type and a Default, because nobody gives it a value.`;
  if (section !== 'Resources') return undefined;
  if (typeof Type !== 'string') return `the resource ${id} has no Type, and no template has it.`;
  const unknown = Object.keys(entry as Part).find((name) => !attributes.includes(name));
  return unknown && `${id}.${unknown} is not allowed there. There are: ${attributes.join(', ')}.`;
}

/** @returns the path of the first name with nothing behind it, which YAML reads as null */
function emptyIn(value: unknown, path: string): string | undefined {
  if (value === null) return path;
  if (typeof value !== 'object') return undefined;
  for (const [name, inner] of Object.entries(value as Part)) {
    const found = emptyIn(inner, `${path}.${name}`);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** By these the service, its roles and its data find each other; with another value of most, a new and empty resource. */
const fixed = [
  'AliasName',
  'FunctionName',
  'KeySchema',
  'KeySpec',
  'KeyUsage',
  'LogGroupName',
  'TableName',
  'TargetKeyId',
];
const policies = ['DeletionPolicy', 'UpdateReplacePolicy'];
const keeping: readonly unknown[] = ['Retain', 'RetainExceptOnCreate'];

/** @returns why an adopter's file cannot change a resource of the templates so; undefined: it can */
export function changeForbidden(id: string, before: Part, after: Part): string | undefined {
  if (after.Type !== before.Type) return `the Type of ${id} cannot be changed.`;
  const propertyOf = ({ Properties }: Part, name: string) => ((Properties ?? {}) as Part)[name];
  const changed = fixed.find((name) => !isDeepStrictEqual(propertyOf(before, name), propertyOf(after, name)));
  if (changed !== undefined) return `${id}.Properties.${changed} cannot be changed: the service finds it by that.`;
  const lost = policies.find((name) => keeping.includes(before[name]) && !keeping.includes(after[name]));
  return lost && `${id}.${lost} must be ${keeping.join(' or ')}: the resource outlives the service.`;
}

const pseudoParameters = [
  'AccountId',
  'NoValue',
  'NotificationARNs',
  'Partition',
  'Region',
  'StackId',
  'StackName',
  'URLSuffix',
].map((name) => `AWS::${name}`);

/** @returns what CloudFormation rejects where something names what its template does not have */
export function missingReference(template: Template, other: Template): string | undefined {
  const { Resources, Outputs, Parameters = {}, Conditions = {}, Mappings = {} } = template;
  const named = new Set([...pseudoParameters, ...Object.keys(Resources), ...Object.keys(Parameters)]);
  for (const [id, entry] of Object.entries({ ...Conditions, ...Outputs, ...Resources })) {
    const [missing] = [
      ...referencesIn(entry).filter((one) => !named.has(one)),
      ...[...firstOf('Condition', entry), ...firstOf('Fn::If', entry)].filter((one) => !Object.hasOwn(Conditions, one)),
      ...firstOf('Fn::FindInMap', entry).filter((one) => !Object.hasOwn(Mappings, one)),
    ];
    if (missing === undefined) continue;
    const where = Object.hasOwn(other.Resources, missing) ? 'in the other stack' : 'not in its template';
    return `${id} names ${missing}, which is ${where}.`;
  }
  return undefined;
}

/** @returns the value behind each such name, or the first one of a list, where it is a text */
function firstOf(name: string, value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    const first: unknown = Array.isArray(inner) ? inner[0] : inner;
    return [...(key === name && typeof first === 'string' ? [first] : []), ...firstOf(name, inner)];
  });
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
