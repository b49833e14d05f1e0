import type { ItemKey, Update } from './table.ts';

/** The path of an attribute: `path('keys', handle, 'name')`. Each segment becomes a name placeholder. */
export class Path {
  readonly segments: readonly string[];

  constructor(segments: readonly string[]) {
    this.segments = segments;
  }
}

/** A part of a DynamoDB expression whose names and values are not placeholders yet. */
export interface Fragment {
  readonly texts: readonly string[];
  readonly parts: readonly Part[];
}

type Value = string | number | boolean | null | readonly unknown[] | object;
type Part = Path | { readonly value: Value };

export function path(...segments: string[]): Path {
  return new Path(segments);
}

/**
 * Writes a fragment: ``expr`${path('realm')} = ${realm}` ``. A path becomes name placeholders, and anything else a
 * value placeholder. So no input can become part of an expression.
 */
export function expr(texts: TemplateStringsArray, ...parts: (Path | Value)[]): Fragment {
  return { texts, parts: parts.map((part) => (part instanceof Path ? part : { value: part })) };
}

/** One write to one item: what it sets and removes, and all of its conditions. */
export interface Write {
  readonly key: ItemKey;
  readonly set: readonly Fragment[];
  readonly remove?: readonly Path[];
  readonly where: readonly Fragment[];
}

/** @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.html */
export function toUpdate({ key, set, remove = [], where }: Write): Update {
  const placeholders = new Placeholders();
  const sets = set.map((fragment) => placeholders.render(fragment)).join(', ');
  const removes = remove.map((removed) => placeholders.name(removed)).join(', ');
  const actions = [sets && `SET ${sets}`, removes && `REMOVE ${removes}`];
  return {
    Key: key,
    UpdateExpression: actions.filter(Boolean).join(' '),
    ConditionExpression: where.map((fragment) => `(${placeholders.render(fragment)})`).join(' AND '),
    ExpressionAttributeNames: placeholders.names,
    ExpressionAttributeValues: placeholders.values,
  };
}

class Placeholders {
  readonly names: Record<string, string> = {};
  readonly values: Record<string, Value> = {};
  readonly #placeholders = new Map<string, string>();
  #valueCount = 0;

  render({ texts: [first = '', ...texts], parts }: Fragment): string {
    return parts.reduce((text: string, part, index) => text + this.#part(part) + texts[index], first);
  }

  #part(part: Part): string {
    return part instanceof Path ? this.name(part) : this.#value(part.value);
  }

  name({ segments }: Path): string {
    return segments.map((segment) => this.#segment(segment)).join('.');
  }

  #segment(segment: string): string {
    const known = this.#placeholders.get(segment);
    if (known) return known;
    const placeholder = `#n${this.#placeholders.size}`;
    this.#placeholders.set(segment, placeholder);
    this.names[placeholder] = segment;
    return placeholder;
  }

  #value(value: Value): string {
    const placeholder = `:v${this.#valueCount}`;
    this.#valueCount += 1;
    this.values[placeholder] = value;
    return placeholder;
  }
}
