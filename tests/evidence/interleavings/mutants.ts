import { fenced } from '../../../lib/store/add-api-key.ts';
import type { Attempt, Update } from '../../../lib/store/table.ts';
import { keyOf, MemoryTable, type Write } from './memory-table.ts';
import type { OpenStore } from './scheduler.ts';

/** A store that leaves out, or gets wrong, one thing that the service relies on, and the pair of calls that shows it. */
export interface Mutant {
  readonly openStore: OpenStore;
  readonly shownBy: string;
}

/** Each must lead to a bad schedule that is found. */
export const mutants: Readonly<Record<string, Mutant>> = {
  'no conditions at all': {
    openStore: without(() => true),
    shownBy: 'generate + generate, on one key',
  },
  'no limit in the condition': {
    openStore: without((clause) => /^keyCount /.test(clause)),
    shownBy: 'generate + generate, on one key',
  },
  'no rev in the condition': {
    openStore: without((clause) => /^rev /.test(clause)),
    shownBy: 'rotate + delete, on one key',
  },
  'no right in the condition': {
    openStore: without((clause) => /^contains\(grants/.test(clause)),
    shownBy: 'generate + revoke, on one key',
  },
  'no status in the condition': {
    openStore: without((clause) => /^status /.test(clause)),
    shownBy: 'generate + deactivate, on one key',
  },
  'no ceiling in the condition': {
    openStore: without((clause) => /^attribute_not_exists\(restrictions\.scopes\)/.test(clause)),
    shownBy: 'generate with a scope + narrow, on a key with scopes',
  },
  'no rev where a scope is inherited': {
    openStore: without((clause) => /^rev /.test(clause)),
    shownBy: 'rotate + narrow, on a key with scopes',
  },
  'no rev where a scope is given': {
    openStore: without((clause) => /^rev /.test(clause)),
    shownBy: 'give a scope + narrow, on a key with scopes',
  },
  'no rev where expired keys are replaced under a ceiling': {
    openStore: without((clause) => /^rev /.test(clause)),
    shownBy: 'generate with a scope + narrow, on a ceiling, one key and one expired',
  },
  'no seal in the condition': {
    openStore: without((clause) => /^sealed </.test(clause)),
    shownBy: 'generate + delete all, on no key',
  },
  'no request record in the condition': {
    openStore: without((clause) => /^attribute_not_exists\(requests/.test(clause)),
    shownBy: 'generate again + generate again, on no key',
  },
  'no fence': {
    openStore: (items, tellsItem) => {
      const memory = new MemoryTable(items, tellsItem);
      const write = (made: Write) => (isFence(made) ? ({ outcome: 'applied' } as const) : memory.write(made));
      return { get: (key) => memory.get(key), write };
    },
    shownBy: 'generate + delete, on two keys',
  },
  'no fence before a replay': {
    openStore: (items, tellsItem) => {
      const memory = new MemoryTable(items, tellsItem);
      const write = (made: Write) => {
        const { keys = {}, requests = {} } = (memory.get(keyOf(made)) ?? {}) as { keys?: object; requests?: object };
        const isAnswered = Object.keys(keys).length > 0 && Object.keys(requests).length > 0;
        return isFence(made) && isAnswered ? ({ outcome: 'applied' } as const) : memory.write(made);
      };
      return { get: (key) => memory.get(key), write };
    },
    shownBy: 'generate again + generate again + delete all, on no key',
  },
  'a key that lives is told to be gone': {
    openStore: (items, tellsItem) => {
      const memory = new MemoryTable(items, tellsItem);
      return { get: (key) => memory.get(key), write: (made) => asGone(made, memory.write(made)) };
    },
    shownBy: 'generate + delete, on two keys',
  },
  'no rev where expired keys are replaced': {
    openStore: without((clause) => /^rev /.test(clause)),
    shownBy: 'revive + generate, on one key and an expired first',
  },
  'no rev where the sweep ends a key': {
    openStore: without((clause) => /^rev /.test(clause)),
    shownBy: 'sweep + delete, on a rotation whose grace is over',
  },
  'no rev where the sweep writes what it remembers': {
    openStore: without((clause) => /^(rev|dueAt) /.test(clause)),
    shownBy: 'sweep + generate again, on notices and old records',
  },
  'no place in the index of the sweep': {
    openStore: (items, tellsItem) => {
      const memory = new MemoryTable(items, tellsItem);
      const { dueAt } = [...items.values()].find(({ sk }) => sk === 'app') ?? {};
      const late = (made: Write) => {
        const attempt = memory.write(made);
        const item = memory.get(keyOf(made));
        if (item?.dueAt !== dueAt) memory.write({ kind: 'put', put: { Item: { ...item, dueAt: 9e15 } } });
        return attempt;
      };
      return { get: (key) => memory.get(key), write: late };
    },
    shownBy: 'sweep + update, on notices and old records',
  },
  'no stamp where pointers are replaced': {
    openStore: without((clause) => /^stamp /.test(clause)),
    shownBy: 'grant + grant otherwise, on one key',
  },
};

/** A fence finds the key itself, and is told of a tombstone of somebody else's in its place. */
function asGone(write: Write, attempt: Attempt): Attempt {
  if (!isFence(write) || attempt.outcome !== 'refused' || !attempt.item) return attempt;
  const { keys = {} } = attempt.item as { keys?: object };
  const removed = Object.fromEntries(Object.keys(keys).map((handle) => [handle, { op: 'of somebody else' }]));
  return { ...attempt, item: { ...attempt.item, removed } };
}

function isFence(write: Write): boolean {
  return write.kind === 'update' && JSON.stringify(write.update).includes(`"${fenced}"`);
}

/** @param isLeftOut says which parts of the conditions of updates and puts do not count; they read `keyCount < :v4` */
function without(isLeftOut: (clause: string) => boolean): OpenStore {
  return (items, tellsItem) => {
    const memory = new MemoryTable(items, tellsItem);
    return { get: (key) => memory.get(key), write: (made) => memory.write(relaxedWrite(made, isLeftOut)) };
  };
}

function relaxedWrite(made: Write, isLeftOut: (clause: string) => boolean): Write {
  if (made.kind === 'update') return { ...made, update: relaxed(made.update, isLeftOut) };
  if (made.kind === 'delete' || !isLeftOut(made.put.ConditionExpression ?? '')) return made;
  const { ConditionExpression: _, ExpressionAttributeValues: __, ...put } = made.put;
  return { ...made, put };
}

function relaxed(update: Update, isLeftOut: (clause: string) => boolean): Update {
  const names = update.ExpressionAttributeNames ?? {};
  const clauses = (update.ConditionExpression ?? '').slice(1, -1).split(') AND (');
  const readable = (clause: string) => clause.replace(/#n\d+/g, (placeholder) => names[placeholder] ?? placeholder);
  const left = clauses.filter((clause) => !isLeftOut(readable(clause)));
  if (left.length === clauses.length) return update;
  const { ConditionExpression: _, ...unconditional } = update;
  const condition = left.length > 0 ? { ConditionExpression: `(${left.join(') AND (')})` } : {};
  return withUsed({ ...unconditional, ...condition });
}

function withUsed(update: Update): Update {
  const texts = `${update.UpdateExpression} ${update.ConditionExpression ?? ''}`;
  const used = new Set(texts.match(/[#:][nv]\d+/g));
  const kept = <T>(map: Record<string, T> = {}) =>
    Object.fromEntries(Object.entries(map).filter(([placeholder]) => used.has(placeholder)));
  return {
    ...update,
    ExpressionAttributeNames: kept(update.ExpressionAttributeNames),
    ExpressionAttributeValues: kept(update.ExpressionAttributeValues),
  };
}
