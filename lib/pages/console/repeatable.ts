import { AppkeysError, type CallOptions } from '../../package/client/client.ts';

/**
 * Lets a creation be repeated after a failure: with the same input it has the same Idempotency-Key, and makes nothing
 * twice. What the key had made is gone after 409305, and the next one makes another.
 */
export function repeatable<Input, Output>(
  create: (input: Input, options: CallOptions) => Promise<Output>,
): (input: Input) => Promise<Output> {
  let failed: { readonly text: string; readonly idempotencyKey: string } | undefined;
  return async (input) => {
    const text = JSON.stringify(input);
    try {
      return await create(input, failed?.text === text ? { idempotencyKey: failed.idempotencyKey } : {});
    } catch (error) {
      const { idempotencyKey, code } = error instanceof AppkeysError ? error : {};
      failed = idempotencyKey && code !== '409305' ? { text, idempotencyKey } : undefined;
      throw error;
    }
  };
}
