import type { Calls, routes } from './generated/operations.ts';
import type { Secret } from './secret.ts';

/** The operationId of a call. */
export type CallId = keyof Calls;

/** The input of a call: its path parameters, query parameters and body fields in one object. */
export type Input<Id extends CallId> = Flat<InPath<Calls[Id]> & InQuery<Calls[Id]> & InBody<Calls[Id]>>;

/**
 * The result of a call: the JSON of the response, or undefined if there is no body. The secret value of a key is a
 * `Secret`.
 */
export type Output<Id extends CallId> = (typeof routes)[Id]['isReceipt'] extends true
  ? Receipt & NonNullable<Wrapped<Answer<Calls[Id]['responses']>> | object>
  : Wrapped<Answer<Calls[Id]['responses']>>;

/** The result of a call that takes access away. */
export interface Receipt {
  /**
   * No verifier accepts the removed access from this time on, in ms since the Unix epoch. This field is missing if the
   * response to a deletion was lost and the next attempt found nothing to delete.
   */
  readonly effectiveBy?: number;
}

type Flat<T> = { readonly [Name in keyof T]: T[Name] };

type InPath<Operation> = Operation extends { readonly parameters: { readonly path: infer Path } } ? Path : unknown;

type InQuery<Operation> = Operation extends { readonly parameters: { readonly query?: infer Query } }
  ? [Query] extends [undefined]
    ? unknown
    : Query
  : unknown;

type InBody<Operation> = Operation extends {
  readonly requestBody?: { readonly content: { readonly 'application/json': infer Body } };
}
  ? Revealing<Body>
  : unknown;

type Answer<Responses> = {
  [Status in keyof Responses]: Responses[Status] extends {
    readonly content: { readonly 'application/json': infer Body };
  }
    ? Body
    : undefined;
}[keyof Responses];

/** A call also takes a `Secret` that another call returned. */
type Revealing<Body> = {
  readonly [Name in keyof Body]: Name extends 'apiKeyId' ? Body[Name] | Secret : Body[Name];
};

type Wrapped<Body> = Body extends { readonly apiKeyId: string }
  ? { readonly [Name in keyof Body]: Name extends 'apiKeyId' ? Secret : Body[Name] }
  : Body;
