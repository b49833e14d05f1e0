import { ApiError, type ErrorDetail, errorTable } from './errors.ts';

/** The rule for the elements of a list, in words, and their canonical form, which a wrong element does not have. */
export interface ElementRule {
  readonly must: string;
  readonly canonical: (element: string) => string | undefined;
}

/**
 * @param field the name of the list in the request's body
 * @returns the canonical forms of the elements, in the same order
 * @throws ApiError 400200 with the path of each element that is wrong or a duplicate
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
 * @returns a function that parses each list only once, because a verifier uses the same list for as long as it caches a
 * key. Wrong elements are left out
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

/** @throws ApiError 400200 with the elements of the list that have a fault */
export function requireNoFault(field: string, faults: readonly (string | undefined)[]): void {
  const { title } = errorTable['400200'];
  const details = faults.flatMap((message, index): ErrorDetail[] =>
    message === undefined ? [] : [{ title, source: `$.${field}[${index}]`, message }],
  );
  if (details.length > 0) throw new ApiError('400200', { details });
}
