import type { APIGatewayProxyEvent } from 'aws-lambda';
import { ApiError } from '../../domain/errors.ts';
import type { Reply } from './exchange.ts';
import { hasLastSlash } from './path.ts';

/** A page for people, as infra/scripts/pages.ts builds it into its function. */
export interface WebPage {
  readonly html: string;
  /** By name. The name changes with the content. */
  readonly files: Readonly<Record<string, string>>;
  /** The origin from which the page can request tokens. */
  readonly signInOrigin?: string | undefined;
}

type PageRequest = Pick<APIGatewayProxyEvent, 'path' | 'pathParameters'>;

const contentTypes: Readonly<Record<string, string>> = {
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  json: 'application/json',
};

/**
 * The page loads only its own files, sends requests only to this service and the identity provider, and can't be
 * framed.
 */
function contentSecurityPolicy(signInOrigin: string | undefined): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    ["connect-src 'self'", signInOrigin].filter(Boolean).join(' '),
    "img-src 'self' data:",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

/**
 * 200 with the page, or with one of its files, whose content never changes under its name. 308 from `/console/` to
 * `/console`, because the page's file names are relative to that.
 * @throws ApiError 404404 if the page has no such file
 */
export function webPageReply({ html, files, signInOrigin }: WebPage, { path, pathParameters }: PageRequest): Reply {
  const fileName = pathParameters?.file;
  if (fileName === undefined && hasLastSlash(path)) return { status: 308, headers: { Location: withoutSlash(path) } };
  if (fileName === undefined) return { status: 200, text: html, headers: pageHeaders(signInOrigin) };
  const text = Object.hasOwn(files, fileName) ? files[fileName] : undefined;
  const contentType = contentTypes[String(fileName).split('.').at(-1) ?? ''];
  if (text === undefined || contentType === undefined) throw new ApiError('404404');
  return {
    status: 200,
    text,
    headers: { 'Content-Type': contentType, 'Cache-Control': isNamedByHash(fileName) ? forEver : forAMinute },
  };
}

/** @returns the path of `/console/` without the slash, as a relative URL, because the path lacks the stage before it */
function withoutSlash(path: string): string {
  return `../${path.split('/').filter(Boolean).at(-1)}`;
}

/**
 * @returns the URL of the reference page, relative to the root, whose own URL can end in the stage: `https://host/prod`
 */
export function docsLocation({ requestContext }: Pick<APIGatewayProxyEvent, 'requestContext'>): string {
  const stage = String(requestContext?.path ?? '')
    .split('/')
    .at(-1);
  return stage ? `${stage}/docs` : 'docs';
}

/** The same for everybody, and soon replaced after an upgrade. */
export const forAMinute = 'public, max-age=60';
const forEver = 'public, max-age=31536000, immutable';

function isNamedByHash(fileName: string): boolean {
  return /\.[0-9a-f]{12}\.\w+$/.test(fileName);
}

function pageHeaders(signInOrigin: string | undefined): Record<string, string> {
  return {
    'Content-Type': 'text/html; charset=utf-8',
    'Cache-Control': forAMinute,
    'Content-Security-Policy': contentSecurityPolicy(signInOrigin),
    'Referrer-Policy': 'no-referrer',
  };
}
