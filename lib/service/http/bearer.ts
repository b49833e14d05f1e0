import type { Headers } from '../../base/headers.ts';
import { ApiError } from '../../domain/errors.ts';

const maxTokenLength = 8192;

/**
 * @returns the bearer token of the one Authorization header; a token anywhere else does not count
 * @throws ApiError 401200 if there is no such header; 401300 if it is not one bearer token
 * @see https://www.rfc-editor.org/rfc/rfc6750#section-2.1
 */
export function bearerToken(headers: Headers): string {
  const [header, ...more] = headers.get('authorization') ?? [];
  if (header === undefined || header.trim() === '') throw new ApiError('401200');
  if (more.length > 0) throw new ApiError('401300', { why: 'more than one Authorization header' });
  const [, token] = /^Bearer +([A-Za-z0-9\-._~+/]+=*)$/i.exec(header.trim()) ?? [];
  if (token === undefined) throw new ApiError('401300', { why: 'the Authorization header is not one bearer token' });
  if (token.length > maxTokenLength) {
    throw new ApiError('401300', {
      why: 'the token is too long',
      cause: `The access token is longer than ${maxTokenLength} characters.`,
      action: 'Use a shorter access token: let the identity provider put fewer groups or other claims into it.',
    });
  }
  return token;
}
