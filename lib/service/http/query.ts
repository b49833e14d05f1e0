import { isPlainName } from '../../contract/validator.ts';
import { invalidField } from '../../domain/errors.ts';
import { type Action, actions } from '../../domain/policy.ts';

/** The values of each query parameter, as API Gateway passes them. */
export type Query = Readonly<Record<string, string[] | undefined>> | null | undefined;

/** @throws ApiError 400200 if the query has an unknown parameter */
export function requireKnownQuery(query: Query, known: readonly string[] = []): void {
  const name = Object.keys(query ?? {}).find((each) => !known.includes(each));
  if (name === undefined) return;
  const names = known.length === 0 ? 'this call has none' : `known are: ${known.join(', ')}`;
  throw invalidField(isPlainName(name) ? `$.${name}` : '$', `is not a known query parameter; ${names}`);
}

/**
 * @returns the value of a parameter, if it is present
 * @throws ApiError 400200 if it is present twice
 */
export function onlyValue(query: Query, name: string): string | undefined {
  const [value, ...more] = [query?.[name]].flat().filter((text) => typeof text === 'string');
  if (more.length > 0) throw invalidField(`$.${name}`, 'must be given once');
  return value;
}

/**
 * @returns whether a parameter is `true`
 * @throws ApiError 400200 if it is neither `true` nor `false`
 */
export function parseFlag(query: Query, name: string): boolean {
  const text = onlyValue(query, name) ?? 'false';
  if (text !== 'true' && text !== 'false') throw invalidField(`$.${name}`, 'must be true or false');
  return text === 'true';
}

/** @throws ApiError 400200 if `action` is not a right */
export function parseAction(query: Query): Action {
  const text = onlyValue(query, 'action') ?? 'read';
  const action = actions.find((each) => each === text);
  if (!action) throw invalidField('$.action', `must be one of: ${actions.join(', ')}`);
  return action;
}
