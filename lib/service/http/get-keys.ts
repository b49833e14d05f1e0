import { type IncomingMessage, get as requestOverHttp } from 'node:http';
import { get as requestOverHttps } from 'node:https';
import { version } from '../../base/version.ts';

/** What is needed of the answer to a request for a key set; a `Response` has it too. */
export interface KeysAnswer {
  readonly status: number;
  readonly contentEncoding?: string | undefined;
  readonly body: AsyncIterable<Uint8Array> | null;
}

/** Requests a key set. */
export type GetKeys = (url: string, signal: AbortSignal) => Promise<KeysAnswer>;

const headers = {
  Accept: 'application/json, application/jwk-set+json',
  'Accept-Encoding': 'identity',
  'User-Agent': `appkeys/${version}`,
};

/**
 * Requests a key set by Node's plain client, since loading what is behind `fetch` takes longer than all else in a first
 * request. Redirects are not followed. The connection is not kept: until the next time Lambda may freeze the process.
 */
export const getKeys: GetKeys = async (url, signal) => {
  const request = url.startsWith('https:') ? requestOverHttps : requestOverHttp;
  const message = await new Promise<IncomingMessage>((resolve, reject) => {
    request(url, { agent: false, headers, signal }, resolve).on('error', reject);
  });
  return {
    status: message.statusCode ?? 0,
    contentEncoding: message.headers['content-encoding'],
    body: message,
  };
};
