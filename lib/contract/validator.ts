import type { ErrorObject } from 'ajv';
import { holdsApiKeyId } from '../domain/api-key-id.ts';
import { ApiError, type ErrorDetail, errorTable, invalidField } from '../domain/errors.ts';

/** What ajv generates: says whether `data` fits the schema and, if not, leaves the reasons in `errors`. */
export interface Validator {
  (data: unknown): boolean;
  errors?: ErrorObject[] | null;
}

const maxDetails = 20;

/** @throws ApiError 400201 when a required field is missing, 400200 when anything else does not fit */
export function requireValid(validate: Validator, data: unknown): void {
  if (validate(data)) return;
  const errors = validate.errors ?? [];
  const code = errors.some(({ keyword }) => keyword === 'required') ? '400201' : '400200';
  throw new ApiError(code, { details: distinct(errors.map(explain)).slice(0, maxDetails) });
}

/**
 * What is stored or logged holds no key, also not within other text.
 * @param fields texts of a body and lists of them, by their names
 * @throws ApiError 400200 when one of them holds what looks like an API key
 */
export function requireNoApiKey(fields: Readonly<Record<string, unknown>>): void {
  const texts = Object.entries(fields).flatMap(([name, value]) => textsIn(`$.${name}`, value));
  const [source] = texts.find(([, text]) => typeof text === 'string' && holdsApiKeyId(text)) ?? [];
  if (source !== undefined) throw invalidField(source, 'must not hold an API key');
}

/** @returns a value, or the elements of a list, by the path of each */
function textsIn(path: string, value: unknown): [string, unknown][] {
  return Array.isArray(value) ? value.map((element, index) => [`${path}[${index}]`, element]) : [[path, value]];
}

/** A value that breaks two rules of one field breaks what is said of the field once. */
function distinct(details: ErrorDetail[]): ErrorDetail[] {
  return [...new Map(details.map((detail) => [`${detail.source} ${detail.message}`, detail])).values()];
}

function explain(error: ErrorObject): ErrorDetail {
  const code = error.keyword === 'required' ? '400201' : '400200';
  return { title: errorTable[code].title, source: sourceOf(error), message: messageOf(error) };
}

function sourceOf({ instancePath, params }: ErrorObject): string {
  const path = `$${instancePath.replace(/\/(\d+)(?=\/|$)/g, '[$1]').replaceAll('/', '.')}`;
  if (typeof params.j === 'number') return `${path}[${Math.max(params.i, params.j)}]`;
  if (typeof params.missingProperty === 'string') return `${path}.${params.missingProperty}`;
  return isPlainName(params.additionalProperty) ? `${path}.${params.additionalProperty}` : path;
}

/** An unknown field or parameter is named only where its name cannot be a secret that was put in the wrong place. */
export function isPlainName(name: unknown): boolean {
  return typeof name === 'string' && /^[A-Za-z][A-Za-z0-9_-]{0,31}$/.test(name);
}

const typeNames: Readonly<Record<string, string>> = {
  array: 'a list',
  string: 'a text',
  integer: 'a whole number',
  boolean: 'true or false',
  object: 'an object',
};

function messageOf({ keyword, params, parentSchema, message }: ErrorObject): string {
  switch (keyword) {
    case 'required':
      return 'is required';
    case 'additionalProperties':
      return `is not a known field; known are: ${Object.keys(parentSchema?.properties ?? {}).join(', ')}`;
    case 'enum':
      return `must be one of: ${params.allowedValues.join(', ')}`;
    case 'type':
      return `must be ${[params.type]
        .flat()
        .map((type) => typeNames[type] ?? type)
        .join(' or ')}`;
    case 'maxItems':
    case 'minItems':
      return `must have ${keyword === 'maxItems' ? 'at most' : 'at least'} ${params.limit} element${params.limit === 1 ? '' : 's'}`;
    case 'maximum':
    case 'minimum':
      return `must be ${keyword === 'maximum' ? 'at most' : 'at least'} ${params.limit}`;
    case 'maxLength':
      return `must have at most ${params.limit} characters`;
    case 'uniqueItems':
      return 'is in the list already';
    case 'pattern':
      return `must be: ${parentSchema?.description}`;
    default:
      return message ?? 'is not allowed';
  }
}
