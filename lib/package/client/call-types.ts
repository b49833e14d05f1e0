import type { Calls, routes } from './generated/operations.ts';
import type { Secret } from './secret.ts';

/** The operationId of a call. */
export type CallId = keyof Calls;

/** What a call takes: what stands in its path, its query and its body, in one object. */
export type Input<Id extends CallId> = Flat<InPath<Calls[Id]> & InQuery<Calls[Id]> & InBody<Calls[Id]>>;

/** What a call answers with: its JSON, in which a key's secret is wrapped; undefined if there is nothing to say. */
export type Output<Id extends CallId> = (typeof routes)[Id]['isReceipt'] extends true
  ? Receipt & NonNullable<Wrapped<Answer<Calls[Id]['responses']>> | object>
  : Wrapped<Answer<Calls[Id]['responses']>>;

/** What a revocation answers with that has nothing else to say. */
export interface Receipt {
  /**
   * From then on no verifier accepts what was taken away, in ms since the epoch. It is missing if the answer to a first
   * attempt got lost, and the next attempt found that the deletion was done.
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

/** A secret may be handed on as it came. */
type Revealing<Body> = {
  readonly [Name in keyof Body]: Name extends 'apiKeyId' ? Body[Name] | Secret : Body[Name];
};

type Wrapped<Body> = Body extends { readonly apiKeyId: string }
  ? { readonly [Name in keyof Body]: Name extends 'apiKeyId' ? Secret : Body[Name] }
  : Body;
