import type { OperationId, operations } from './operations.ts';
import type { TypeOf } from './type-of.ts';

/** The body of an operation's request, once its validator has let it pass. */
export type BodyOf<Id extends OperationId> = (typeof operations)[Id] extends { readonly body: infer Schema }
  ? TypeOf<Schema>
  : undefined;

/** The body of an operation's reply. */
type ReplyOf<Id extends OperationId> = (typeof operations)[Id]['reply'] extends { readonly schema: infer Schema }
  ? TypeOf<Schema>
  : undefined;

/** Fits everything if code that takes `Body` takes every field of the operation's body; otherwise it fits nothing. */
export type Takes<Id extends OperationId, Body> = Tied<BodyOf<Id>, Body>;

/** Fits everything if `Body` has exactly the fields of the operation's reply; otherwise it fits nothing. */
export type Gives<Id extends OperationId, Body> = Tied<Body, ReplyOf<Id>>;

/** `unknown` if a value of one type can be used as the other and has the same fields; otherwise an object that tells the fault. */
export type Tied<From, To> = [OtherFields<From, To>] extends [never]
  ? [From] extends [To]
    ? unknown
    : { readonly doesNotFit: To }
  : { readonly onlyOneSideHas: OtherFields<From, To> };

type OtherFields<One, Other> = Exclude<FieldsOf<One>, FieldsOf<Other>> | Exclude<FieldsOf<Other>, FieldsOf<One>>;

/** The names of a type's fields, each after those of the fields that it is in: `items.name`. */
type FieldsOf<Type> = Type extends string | number | boolean
  ? never
  : Type extends readonly (infer Item)[]
    ? FieldsOf<Item>
    : { [Name in keyof Type & string]-?: Name | `${Name}.${FieldsOf<Type[Name]>}` }[keyof Type & string];
