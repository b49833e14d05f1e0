import type { FetchImplementation } from 'jose';
import type { GetKeys, KeysAnswer } from './get-keys.ts';

const maxBytes = 256 * 1024;
const coolDownMs = 5_000;

/**
 * A fetch for key sets that reads no more than 256 KB, and that after a failure fails at once for 5 s: tokens with
 * made-up key ids must not become requests to an issuer that is down.
 */
export function coolingFetch(getKeys: GetKeys, now: () => number = Date.now): FetchImplementation {
  let failed: { readonly at: number; readonly why: unknown } | undefined;
  return async (url, options) => {
    if (failed && now() - failed.at < coolDownMs) throw failed.why;
    try {
      const response = await getKeys(url, options);
      if (response.status !== 200) throw new Error(`the key set's server answered with status ${response.status}`);
      const body = await readCapped(response);
      const keySet: unknown = JSON.parse(body);
      if (!isKeySet(keySet)) throw new Error('the answer is no key set');
      failed = undefined;
      // All that jose looks at; a real one would load undici.
      return { status: 200, json: async () => keySet } as Response;
    } catch (why) {
      failed = { at: now(), why };
      throw why;
    }
  };
}

async function readCapped({ body }: KeysAnswer): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body ?? []) {
    size += chunk.length;
    if (size > maxBytes) throw new Error('the key set is too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function isKeySet(value: unknown): boolean {
  const { keys } = (value ?? {}) as { keys?: unknown };
  return Array.isArray(keys) && keys.every((key) => typeof key === 'object' && key !== null && !Array.isArray(key));
}
