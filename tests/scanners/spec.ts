import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Template } from '../../infra/deployment/template.ts';
import type { Finding } from './findings.ts';

const program = join(import.meta.dirname, 'spec.mjs');

/** A type of a property, as the specification describes it. */
type Type =
  | Plain
  | { readonly type: 'json' | 'tag' }
  | { readonly type: 'array' | 'map'; readonly element: Type }
  | { readonly type: 'union'; readonly types: readonly Type[] }
  | { readonly type: 'ref'; readonly reference: { readonly $ref: string } };

interface Plain {
  readonly type: 'string' | 'date-time' | 'integer' | 'number' | 'boolean' | 'null';
  readonly allowedValues?: readonly unknown[];
}

interface Property {
  readonly required?: boolean;
  readonly type: Type;
}

type Properties = Readonly<Record<string, Property>>;

interface Specification {
  /** A type that there is not is missing. */
  readonly resources: Readonly<Record<string, Properties>>;
  readonly definitions: Readonly<Record<string, Properties>>;
}

/**
 * @returns where a template does not fit AWS's service specification: a type or a property that there is not, a property
 *   that is missing, and a value of another type or of none that is allowed
 */
export function specification(templateFile: string): Finding[] {
  const { Resources }: Template = JSON.parse(readFileSync(templateFile, 'utf8'));
  const types = new Set(Object.values(Resources).map(({ Type }) => Type));
  const printed = execFileSync(process.execPath, [program, ...types], { encoding: 'utf8', maxBuffer: 1e8 });
  const { resources, definitions }: Specification = JSON.parse(printed);
  return Object.entries(Resources).flatMap(([resource, { Type, Properties = {} }]) => {
    const known = resources[Type];
    const faults = known ? faultsIn(Properties, known, definitions) : [`there is no type ${Type}`];
    return faults.map((why) => ({ rule: 'specification', resource, why }));
  });
}

function faultsIn(value: unknown, known: Properties, definitions: Specification['definitions'], path = ''): string[] {
  if (!isGroup(value)) return [`${path.slice(0, -1)} is no group`];
  const isMissing = (name: string) => known[name]?.required && value[name] === undefined;
  return [
    ...Object.keys(known)
      .filter(isMissing)
      .map((name) => `${path}${name} is missing`),
    ...Object.entries(value).flatMap(([name, inner]) => {
      const property = known[name];
      if (!property) return [`there is no property ${path}${name}`];
      return faultsOf(inner, property.type, definitions, `${path}${name}`);
    }),
  ];
}

function faultsOf(value: unknown, type: Type, definitions: Specification['definitions'], path: string): string[] {
  if (isGiven(value)) return [];
  switch (type.type) {
    case 'json':
      return [];
    case 'union': {
      const faults = type.types.map((one) => faultsOf(value, one, definitions, path));
      return faults.find((found) => found.length === 0) ?? faults[0] ?? [];
    }
    case 'ref':
      return faultsIn(value, definitions[type.reference.$ref] ?? {}, definitions, `${path}.`);
    case 'array':
      if (!Array.isArray(value)) return [`${path} is no list`];
      return value.flatMap((one, index) => faultsOf(one, type.element, definitions, `${path}[${index}]`));
    case 'map':
      if (!isGroup(value)) return [`${path} is no group`];
      return Object.entries(value).flatMap(([name, one]) =>
        faultsOf(one, type.element, definitions, `${path}.${name}`),
      );
    case 'tag':
      return isGroup(value) ? [] : [`${path} is no tag`];
    default:
      return plainFaults(value, type, path);
  }
}

function plainFaults(value: unknown, { type, allowedValues }: Plain, path: string): string[] {
  const isOfType = {
    string: typeof value === 'string',
    'date-time': typeof value === 'string',
    integer: Number.isInteger(value),
    number: typeof value === 'number',
    boolean: typeof value === 'boolean',
    null: value === null,
  }[type];
  if (!isOfType) return [`${path} is no ${type}: ${JSON.stringify(value)}`];
  return allowedValues === undefined || allowedValues.includes(value)
    ? []
    : [`${path} cannot be ${JSON.stringify(value)}`];
}

function isGroup(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Whether CloudFormation finds the value only when it deploys. */
function isGiven(value: unknown): boolean {
  const [name = '', ...others] = isGroup(value) ? Object.keys(value) : [];
  return others.length === 0 && /^(Ref|Fn::.+)$/.test(name);
}
