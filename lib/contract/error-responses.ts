import { type ErrorCode, errorTable } from '../domain/errors.ts';
import { headerRef, idHeaders } from './parameters.ts';
import { publishSchema } from './published-schemas.ts';
import { errorReply } from './schemas.ts';

const kinds: Readonly<Record<number, string>> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  409: 'Conflict',
  413: 'ContentTooLarge',
  422: 'UnprocessableContent',
  429: 'TooManyRequests',
  500: 'InternalError',
  503: 'Unavailable',
};

/** @returns references to the responses with these errors, by status */
export function errorResponseRefs(codes: readonly ErrorCode[]): Record<string, object> {
  const refs = groups(codes).map(([status, group]) => [status, { $ref: `#/components/responses/${nameOf(group)}` }]);
  return Object.fromEntries(refs);
}

/** @returns every response that `all` refers to, by name */
export function errorResponses(all: readonly (readonly ErrorCode[])[]): Record<string, object> {
  const responses = all.flatMap(groups).map(([, group]) => [nameOf(group), errorResponse(group)]);
  return Object.fromEntries(responses);
}

/** @returns an example of each error, by code */
export function errorExamples(codes: readonly ErrorCode[]): Record<string, object> {
  return Object.fromEntries(codes.map((code) => [code, { value: exampleOf(code) }]));
}

function groups(codes: readonly ErrorCode[]): [status: number, codes: ErrorCode[]][] {
  return [...Map.groupBy(codes, statusOf)];
}

function statusOf(code: ErrorCode): number {
  return errorTable[code].status;
}

/** A name such as `NotFound_660_666`: the kind of error, and which of its errors. */
function nameOf(codes: readonly ErrorCode[]): string {
  const [first = '500000'] = codes;
  return [kinds[statusOf(first)], ...codes.map((code) => code.slice(3))].join('_');
}

function errorResponse(codes: readonly ErrorCode[]): object {
  const [first = '500000'] = codes;
  return {
    description: codes.map((code) => `${code}: ${errorTable[code].title}`).join(' '),
    headers: { ...idHeaders, ...headersOf(statusOf(first)) },
    content: {
      'application/json': {
        schema: publishSchema(errorReply),
        examples: Object.fromEntries(codes.map((code) => [code, { $ref: `#/components/examples/${code}` }])),
      },
    },
  };
}

function headersOf(status: number): object {
  if (status === 401 || status === 403) return { 'WWW-Authenticate': headerRef('WwwAuthenticate') };
  return status === 429 || status === 503 ? { 'Retry-After': headerRef('RetryAfter') } : {};
}

function exampleOf(code: ErrorCode): object {
  const errorId = 'ERROR-3fc9f6a8-2b0c-4f0e-9a55-6e1f4d0c7b21';
  return { code, ...errorTable[code], correlationId: '5f0c9a52', errorId };
}
