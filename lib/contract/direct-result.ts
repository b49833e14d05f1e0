import type { ErrorBody } from '../domain/errors.ts';

/** The result of a direct invocation. A rejection is a result too, so only a crash is a FunctionError. */
export type DirectResult<Success> =
  | ({ readonly ok: true } & Success)
  | { readonly ok: false; readonly error: ErrorBody };
