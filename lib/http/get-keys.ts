import { get as getPlainly, type IncomingMessage } from 'node:http';
import { get } from 'node:https';

/** An answer as far as a key set needs it; `fetch` gives one too. */
export interface KeysAnswer {
  readonly status: number;
  readonly body: AsyncIterable<Uint8Array> | null;
}

/** Asks for a key set. The answer is the server's own: no redirect is followed. */
export type GetKeys = (url: string, options: { headers: Iterable<[string, string]>; signal: AbortSignal }) => Promise<KeysAnswer>;

/** By Node's plain client: loading what is behind `fetch` takes longer than the request. */
export const getKeys: GetKeys = async (url, { headers, signal }) => {
  const ask = url.startsWith('https:') ? get : getPlainly;
  const message = await new Promise<IncomingMessage>((resolve, reject) => {
    ask(url, { headers: Object.fromEntries(headers), signal }, resolve).on('error', reject);
  });
  return { status: message.statusCode ?? 0, body: message };
};
