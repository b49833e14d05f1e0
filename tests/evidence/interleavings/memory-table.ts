import type { Attempt, Delete, Item, ItemKey, Put, Table, Update } from '../../../lib/store/table.ts';
import { applyChanges, type Compiled, compile, type Scope, ValidationException } from './expressions.ts';

export type Write =
  | { readonly kind: 'update'; readonly update: Update }
  | { readonly kind: 'put'; readonly put: Put }
  | { readonly kind: 'delete'; readonly remove: Delete };

/** Items by their key. An item is never changed, only replaced: a copy of the map is a snapshot of them all. */
export type Items = ReadonlyMap<string, Item>;

/**
 * A table in memory that evaluates the expressions that the store sends to DynamoDB.
 * `tellsItem`: whether a refusal tells the item that stood there, as DynamoDB does and dynalite does not.
 */
export class MemoryTable {
  readonly #items: Map<string, Item>;
  readonly #tellsItem: boolean;

  constructor(items: Items = new Map(), tellsItem = true) {
    this.#items = new Map(items);
    this.#tellsItem = tellsItem;
  }

  get(key: ItemKey): Item | undefined {
    return this.#items.get(textOf(key));
  }

  items(): Items {
    return this.#items;
  }

  /** Does one write at once. @throws ValidationException as DynamoDB does */
  write(write: Write): Attempt {
    const key = keyOf(write);
    const before = this.get(key);
    const request = requestOf(write);
    const scope = scopeOf(before, request);
    const condition = request.ConditionExpression ? compile('condition', request.ConditionExpression) : undefined;
    const update = write.kind === 'update' ? compile('update', write.update.UpdateExpression ?? '') : undefined;
    requireUsed(scope, [condition, update]);
    if (condition && !condition.holds(scope)) {
      return { outcome: 'refused', item: this.#tellsItem ? (before ?? null) : undefined };
    }
    this.#store(key, write, update, scope);
    return { outcome: 'applied' };
  }

  #store(key: ItemKey, write: Write, update: Compiled | undefined, scope: Scope): void {
    if (write.kind === 'delete') this.#items.delete(textOf(key));
    else if (write.kind === 'put') this.#items.set(textOf(key), frozen(write.put.Item) as Item);
    else this.#items.set(textOf(key), frozen({ ...applyChanges(update?.changes ?? [], scope), ...key }) as Item);
  }
}

/** @returns the port on a memory table that answers at once */
export function openMemoryTable(memory: MemoryTable): Table {
  return {
    attemptUpdate: async (update) => memory.write({ kind: 'update', update }),
    attemptPut: async (put) => memory.write({ kind: 'put', put }),
    attemptDelete: async (remove) => memory.write({ kind: 'delete', remove }),
    attemptGet: async (key) => ({ outcome: 'read', found: memory.get(key) }),
    attemptQuery: () => Promise.reject(new Error('the memory table has no queries')),
    attemptBatchGet: () => Promise.reject(new Error('the memory table has no batches')),
  };
}

export function keyOf(write: Write): ItemKey {
  if (write.kind === 'update') return write.update.Key;
  const { pk, sk } = (write.kind === 'put' ? write.put.Item : write.remove.Key) as unknown as ItemKey;
  return { pk, sk };
}

function requestOf(write: Write): Update | Put | Delete {
  if (write.kind === 'update') return write.update;
  return write.kind === 'put' ? write.put : write.remove;
}

function scopeOf(before: Item | undefined, request: Update | Put | Delete): Scope {
  const { ExpressionAttributeNames: names = {}, ExpressionAttributeValues: values = {} } = request;
  if (request.ExpressionAttributeValues && Object.keys(values).length === 0)
    throw new ValidationException('ExpressionAttributeValues must not be empty');
  return { item: before ?? {}, names, values };
}

/** DynamoDB refuses a request with a name or a value that no expression uses. */
function requireUsed({ names, values }: Scope, expressions: readonly (Compiled | undefined)[]): void {
  for (const placeholder of [...Object.keys(names), ...Object.keys(values)]) {
    if (expressions.some((expression) => expression?.placeholders.has(placeholder))) continue;
    throw new ValidationException(`the placeholder ${placeholder} is not used`);
  }
}

function textOf({ pk, sk }: ItemKey): string {
  return `${pk}|${sk}`;
}

const stored = new WeakSet<object>();

/** @returns a deep copy without undefined, as it comes back from DynamoDB, that nobody can change */
function frozen(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || stored.has(value)) return value;
  const copy = Array.isArray(value) ? value.map(frozen) : Object.fromEntries(definedEntries(value));
  stored.add(copy);
  return Object.freeze(copy);
}

function definedEntries(map: object): [string, unknown][] {
  return Object.entries(map).flatMap(([name, value]): [string, unknown][] =>
    value === undefined ? [] : [[name, frozen(value)]],
  );
}
