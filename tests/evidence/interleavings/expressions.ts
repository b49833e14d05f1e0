import type { Item } from '../../../lib/store/table.ts';

/** What an expression is evaluated on: an item as it stands, and what the placeholders stand for. */
export interface Scope {
  readonly item: Item;
  readonly names: Readonly<Record<string, string>>;
  readonly values: Readonly<Record<string, unknown>>;
}

/** What DynamoDB refuses whatever the item is, or because a path leads nowhere. */
export class ValidationException extends Error {
  override readonly name = 'ValidationException';
}

type Operand = (scope: Scope) => unknown;
type Test = (scope: Scope) => boolean;
type Segments = readonly string[];

interface Change {
  readonly segments: Segments;
  /** undefined where the path is removed */
  readonly value: Operand | undefined;
}

/** A condition or an update, read once for all items. */
export interface Compiled {
  readonly placeholders: ReadonlySet<string>;
  readonly holds: Test;
  readonly changes: readonly Change[];
}

const compiled = new Map<string, Compiled>();

/** @returns the condition and the update, each with what the other lacks */
export function compile(kind: 'condition' | 'update', text: string): Compiled {
  const known = compiled.get(text);
  if (known) return known;
  const parser = new Parser(text);
  const made =
    kind === 'condition'
      ? { holds: parser.condition(), changes: [], placeholders: parser.placeholders }
      : { holds: () => true, changes: parser.update(), placeholders: parser.placeholders };
  parser.expectEnd();
  compiled.set(text, made);
  return made;
}

/** @returns the item after the changes, all of which look at the item as it was */
export function applyChanges(changes: readonly Change[], scope: Scope): Item {
  const evaluated = changes.map(({ segments, value }) => {
    return { names: segments.map((segment) => nameOf(segment, scope)), value: value?.(scope), isRemoval: !value };
  });
  return evaluated.reduce((item, { names, value, isRemoval }) => withPath(item, names, value, isRemoval), scope.item);
}

function withPath(map: Item, names: Segments, value: unknown, isRemoval: boolean): Item {
  const [name = '', ...rest] = names;
  if (rest.length > 0) return { ...map, [name]: withPath(mapAt(map, name), rest, value, isRemoval) };
  if (!isRemoval) return { ...map, [name]: value };
  const { [name]: _, ...others } = map;
  return others;
}

function mapAt(map: Item, name: string): Item {
  const found = Object.hasOwn(map, name) ? map[name] : undefined;
  if (isMap(found)) return found;
  throw new ValidationException('The document path provided in the update expression is invalid for update');
}

function isMap(value: unknown): value is Item {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function nameOf(segment: string, { names }: Scope): string {
  return segment.startsWith('#') ? known(names, segment) : segment;
}

function known<T>(map: Readonly<Record<string, T>>, placeholder: string): T {
  if (Object.hasOwn(map, placeholder)) return map[placeholder] as T;
  throw new ValidationException(`the placeholder ${placeholder} is not defined`);
}

function pathOperand(segments: Segments): Operand {
  return (scope) => {
    let found: unknown = scope.item;
    for (const segment of segments) {
      const name = nameOf(segment, scope);
      if (!isMap(found) || !Object.hasOwn(found, name)) return undefined;
      found = found[name];
    }
    return found;
  };
}

function sizeOf(value: unknown): number | undefined {
  if (typeof value === 'string') return Buffer.byteLength(value);
  if (Array.isArray(value)) return value.length;
  return isMap(value) ? Object.keys(value).length : undefined;
}

function contains(container: unknown, value: unknown): boolean {
  if (typeof container === 'string') return typeof value === 'string' && container.includes(value);
  return Array.isArray(container) && container.some((element) => isEqual(element, value));
}

/** Whether two values are the same to DynamoDB: maps have no order. */
function isEqual(one: unknown, other: unknown): boolean {
  if (one === other) return one !== undefined;
  if (Array.isArray(one) && Array.isArray(other))
    return one.length === other.length && one.every((element, index) => isEqual(element, other[index]));
  if (!isMap(one) || !isMap(other)) return false;
  const names = Object.keys(one);
  return names.length === Object.keys(other).length && names.every((name) => isEqual(one[name], other[name]));
}

/** @returns below 0, 0 or above 0; undefined where the two have no order */
function order(one: unknown, other: unknown): number | undefined {
  if (typeof one === 'number' && typeof other === 'number') return one - other;
  if (typeof one === 'string' && typeof other === 'string') return Buffer.compare(Buffer.from(one), Buffer.from(other));
  return undefined;
}

const comparisons: Readonly<Record<string, (one: unknown, other: unknown) => boolean>> = {
  '=': isEqual,
  '<>': (one, other) => !isEqual(one, other),
  '<': (one, other) => (order(one, other) ?? 1) < 0,
  '<=': (one, other) => (order(one, other) ?? 1) <= 0,
  '>': (one, other) => (order(one, other) ?? -1) > 0,
  '>=': (one, other) => (order(one, other) ?? -1) >= 0,
};

function sum(one: unknown, other: unknown): number {
  if (one === undefined || other === undefined)
    throw new ValidationException('The provided expression refers to an attribute that does not exist in the item');
  if (typeof one === 'number' && typeof other === 'number') return one + other;
  throw new ValidationException('An operand in the update expression has an incorrect data type');
}

const token = /\s*(<>|<=|>=|[=<>+(),.]|[:#]?[A-Za-z_][A-Za-z0-9_]*)/y;

/** Reads as much of DynamoDB's expressions as the store writes; anything else is an error. */
class Parser {
  readonly placeholders = new Set<string>();
  readonly #tokens: readonly string[];
  #next = 0;

  constructor(text: string) {
    this.#tokens = tokensOf(text);
  }

  expectEnd(): void {
    if (this.#next < this.#tokens.length) throw unsupported(this.#tokens.slice(this.#next).join(' '));
  }

  condition(): Test {
    return this.#chain('OR', () => this.#chain('AND', () => this.#term()));
  }

  update(): Change[] {
    const changes: Change[] = [];
    if (this.#takes('SET')) changes.push(...this.#list(() => this.#assignment()));
    if (this.#takes('REMOVE')) changes.push(...this.#list(() => ({ segments: this.#path(), value: undefined })));
    requireApart(changes);
    return changes;
  }

  #chain(word: 'OR' | 'AND', next: () => Test): Test {
    const tests = [next()];
    while (this.#takes(word)) tests.push(next());
    const [only] = tests;
    if (tests.length === 1 && only) return only;
    return word === 'OR' ? (scope) => tests.some((test) => test(scope)) : (scope) => tests.every((test) => test(scope));
  }

  #term(): Test {
    if (this.#takes('(')) return this.#closed(this.condition());
    if (this.#takes('NOT')) return this.#negated(this.#term());
    if (this.#takes('attribute_exists')) return this.#exists(true);
    if (this.#takes('attribute_not_exists')) return this.#exists(false);
    if (this.#takes('contains')) return this.#contains();
    const one = this.#operand();
    const compare = comparisons[this.#take()] ?? unknownComparison;
    const other = this.#operand();
    return (scope) => compare(one(scope), other(scope));
  }

  #negated(term: Test): Test {
    return (scope) => !term(scope);
  }

  #exists(wanted: boolean): Test {
    this.#expect('(');
    const found = this.#closed(pathOperand(this.#path()));
    return (scope) => (found(scope) !== undefined) === wanted;
  }

  #contains(): Test {
    this.#expect('(');
    const container = this.#operand();
    this.#expect(',');
    const value = this.#closed(this.#operand());
    return (scope) => contains(container(scope), value(scope));
  }

  #operand(): Operand {
    if (this.#takes('size')) {
      this.#expect('(');
      const sized = this.#closed(pathOperand(this.#path()));
      return (scope) => sizeOf(sized(scope));
    }
    if (this.#takes('if_not_exists')) return this.#firstPresent();
    if (!this.#tokens[this.#next]?.startsWith(':')) return pathOperand(this.#path());
    const placeholder = this.#take();
    this.placeholders.add(placeholder);
    return ({ values }) => known(values, placeholder);
  }

  #firstPresent(): Operand {
    this.#expect('(');
    const found = pathOperand(this.#path());
    this.#expect(',');
    const otherwise = this.#closed(this.#operand());
    return (scope) => found(scope) ?? otherwise(scope);
  }

  #assignment(): Change {
    const segments = this.#path();
    this.#expect('=');
    const one = this.#operand();
    const other = this.#takes('+') ? this.#operand() : undefined;
    const value: Operand = other ? (scope) => sum(one(scope), other(scope)) : (scope) => present(one(scope));
    return { segments, value };
  }

  #path(): Segments {
    const segments = [this.#segment()];
    while (this.#takes('.')) segments.push(this.#segment());
    return segments;
  }

  #segment(): string {
    const segment = this.#take();
    if (!/^#?[A-Za-z_]/.test(segment)) throw unsupported(segment);
    if (segment.startsWith('#')) this.placeholders.add(segment);
    return segment;
  }

  #list<T>(next: () => T): T[] {
    const found = [next()];
    while (this.#takes(',')) found.push(next());
    return found;
  }

  #closed<T>(inner: T): T {
    this.#expect(')');
    return inner;
  }

  #takes(wanted: string): boolean {
    const isNext = this.#tokens[this.#next] === wanted;
    if (isNext) this.#next += 1;
    return isNext;
  }

  #take(): string {
    this.#next += 1;
    return this.#tokens[this.#next - 1] ?? 'the end';
  }

  #expect(wanted: string): void {
    if (!this.#takes(wanted)) throw unsupported(`${this.#tokens[this.#next]} instead of ${wanted}`);
  }
}

function tokensOf(text: string): string[] {
  const found: string[] = [];
  token.lastIndex = 0;
  while (token.lastIndex < text.trimEnd().length) {
    const from = token.lastIndex;
    const [, next] = token.exec(text) ?? [];
    if (next === undefined) throw unsupported(text.slice(from));
    found.push(next);
  }
  return found;
}

function unsupported(what: string): ValidationException {
  return new ValidationException(`the expression has what the memory table cannot read: ${what}`);
}

function unknownComparison(): never {
  throw unsupported('a comparison');
}

function present(value: unknown): unknown {
  if (value === undefined)
    throw new ValidationException('The provided expression refers to an attribute that does not exist in the item');
  return value;
}

/** DynamoDB refuses an update of whose paths one is another, or leads to it. */
function requireApart(changes: readonly Change[]): void {
  const paths = changes.map(({ segments }) => `${segments.join('.')}.`);
  const overlaps = paths.some((path, index) => paths.some((other, at) => at !== index && other.startsWith(path)));
  if (overlaps) throw new ValidationException('Two document paths overlap with each other');
}
