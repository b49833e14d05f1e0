import { ApiError, type ErrorDetail, errorTable } from './errors.ts';

/** What the elements of a list must be, in words, and their canonical form, which a wrong element has not. */
export interface ElementRule {
  readonly must: string;
  readonly canonical: (element: string) => string | undefined;
}

/**
 * @param field the name of the list in the request's body
 * @returns the canonical forms of the elements, in the order of the list
 * @throws ApiError 400200 with the path of each element that is wrong, or is in the list twice
 */
export function parseList(field: string, given: readonly string[], { must, canonical }: ElementRule): string[] {
  const parsed = given.map(canonical);
  const faultOf = (element: string | undefined, index: number) => {
    if (element === undefined) return must;
    return parsed.indexOf(element) < index ? 'is in the list already' : undefined;
  };
  requireNoFault(field, parsed.map(faultOf));
  return parsed.filter((element) => element !== undefined);
}

/**
 * @returns a function that parses each list once, however often it is asked: a verifier asks about the same list for as
 *   long as it remembers a key. Elements that are wrong are left out
 */
export function oncePerList<Parsed>(
  parse: (element: string) => Parsed | undefined,
): (list: readonly string[]) => readonly Parsed[] {
  const known = new WeakMap<readonly string[], readonly Parsed[]>();
  return (list) => {
    const parsed = known.get(list) ?? list.map(parse).filter((element) => element !== undefined);
    known.set(list, parsed);
    return parsed;
  };
}

/** @throws ApiError 400200 that names the elements of a list for which there is a fault */
export function requireNoFault(field: string, faults: readonly (string | undefined)[]): void {
  const { title } = errorTable['400200'];
  const details = faults.flatMap((message, index): ErrorDetail[] =>
    message === undefined ? [] : [{ title, source: `$.${field}[${index}]`, message }],
  );
  if (details.length > 0) throw new ApiError('400200', { details });
}
