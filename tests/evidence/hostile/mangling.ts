import fc from 'fast-check';
import { anyJson, mostly } from './values.ts';

/** Something in an event is put in the place of something else; undefined: it goes. `at` counts through all there is. */
export interface Edit {
  readonly at: number;
  readonly value: unknown;
}

const edit: fc.Arbitrary<Edit> = fc.record({ at: fc.nat(), value: fc.oneof(fc.constant(undefined), anyJson) });

/** Most events stay whole. */
export function edits(outOf: number): fc.Arbitrary<readonly Edit[]> {
  return mostly<readonly Edit[]>(fc.constant([]), fc.array(edit, { minLength: 1, maxLength: 3 }), outOf);
}

/** @returns the event, changed; its first place is all of it */
export function mangled(event: unknown, changes: readonly Edit[]): unknown {
  return changes.reduce(edited, event);
}

function edited(event: unknown, { at, value: planned }: Edit): unknown {
  const value = structuredClone(planned);
  const places = placesIn(event);
  const place = places[at % (places.length + 1)];
  if (!place) return value ?? null;
  const { parent, name } = place;
  if (value === undefined) Reflect.deleteProperty(parent, name);
  else Object.defineProperty(parent, name, { value, enumerable: true, configurable: true, writable: true });
  return event;
}

interface Place {
  readonly parent: object;
  readonly name: string;
}

/** Every member of an event, and every member of those. */
function placesIn(event: unknown): Place[] {
  if (typeof event !== 'object' || event === null) return [];
  return Object.entries(event).flatMap(([name, value]) => [{ parent: event, name }, ...membersOf(value)]);
}

function membersOf(value: unknown): Place[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.keys(value).map((name) => ({ parent: value, name }));
}
