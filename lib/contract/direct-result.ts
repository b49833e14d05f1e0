import type { ErrorBody } from '../domain/errors.ts';

/** What a direct invocation returns: a refusal is a result too, so that only a crash is a FunctionError. */
export type DirectResult<Success> =
  | ({ readonly ok: true } & Success)
  | { readonly ok: false; readonly error: ErrorBody };
