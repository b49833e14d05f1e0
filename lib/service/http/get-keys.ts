import { type IncomingMessage, get as requestOverHttp } from 'node:http';
import { get as requestOverHttps } from 'node:https';
import { version } from '../../base/version.ts';

/** The parts of the response to a request for a key set that are needed. A `Response` has them too. */
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
 * Requests a key set with Node's plain client, because loading `fetch` takes longer than everything else in a first
 * request. Redirects are not followed. The connection is not kept, because Lambda can freeze the process before the
 * next request.
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
