import { expect, it } from 'vitest';
import { AppkeysError, type CallOptions } from '../../lib/package/client/client.ts';
import { repeatable } from '../../lib/pages/console/repeatable.ts';

/** Fails with these codes, one after the other. @returns the Idempotency-Keys that it was told to use */
async function keysUsed(codes: readonly string[], inputs: readonly string[]): Promise<(string | undefined)[]> {
  const used: (string | undefined)[] = [];
  const press = repeatable(async (_: string, { idempotencyKey = `${used.length}` }: CallOptions) => {
    const code = codes[used.length] ?? '503000';
    used.push(idempotencyKey);
    throw new AppkeysError({ code, title: '', cause: '', action: '', correlationId: '', idempotencyKey });
  });
  for (const input of inputs) await press(input).catch(() => {});
  return used;
}

it('the same input goes with the same Idempotency-Key, another with another', async () => {
  expect(await keysUsed([], ['a', 'a', 'b', 'b'])).toEqual(['0', '0', '2', '2']);
});

it('what was made by a request and is gone, 409305, is made anew', async () => {
  expect(await keysUsed(['503000', '409305'], ['a', 'a', 'a'])).toEqual(['0', '0', '2']);
});
