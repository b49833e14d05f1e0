import type { OperationId, operations } from './operations.ts';
import type { TypeOf } from './type-of.ts';

/** The body of an operation's request, after validation. */
export type BodyOf<Id extends OperationId> = (typeof operations)[Id] extends { readonly body: infer Schema }
  ? TypeOf<Schema>
  : undefined;

/** The body of an operation's reply. */
type ReplyOf<Id extends OperationId> = (typeof operations)[Id]['reply'] extends { readonly schema: infer Schema }
  ? TypeOf<Schema>
  : undefined;

/**
 * `unknown` if code that takes a `Body` takes every field of the operation's body. Otherwise, an object type that names
 * the fault.
 */
export type Takes<Id extends OperationId, Body> = Tied<BodyOf<Id>, Body>;

/**
 * `unknown` if `Body` has exactly the fields of the operation's reply. Otherwise, an object type that names the fault.
 */
export type Gives<Id extends OperationId, Body> = Tied<Body, ReplyOf<Id>>;

/**
 * `unknown` if a `From` can be used as a `To`, and both types have the same fields. Otherwise, an object type that
 * names the fault. An intersection with it does not compile.
 */
export type Tied<From, To> = [OtherFields<From, To>] extends [never]
  ? [From] extends [To]
    ? unknown
    : { readonly doesNotFit: To }
  : { readonly onlyOneSideHas: OtherFields<From, To> };

type OtherFields<One, Other> = Exclude<FieldsOf<One>, FieldsOf<Other>> | Exclude<FieldsOf<Other>, FieldsOf<One>>;

/** The names of a type's fields, with the names of the enclosing fields in front: `items.name`. */
type FieldsOf<Type> = Type extends string | number | boolean
  ? never
  : Type extends readonly (infer Item)[]
    ? FieldsOf<Item>
    : { [Name in keyof Type & string]-?: Name | `${Name}.${FieldsOf<Type[Name]>}` }[keyof Type & string];
