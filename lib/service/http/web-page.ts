import type { APIGatewayProxyEvent } from 'aws-lambda';
import { ApiError } from '../../domain/errors.ts';
import type { Reply } from './exchange.ts';
import { hasLastSlash } from './path.ts';

/** A page for people, as infra/scripts/pages.ts builds it into its function. */
export interface WebPage {
  readonly html: string;
  /** by their names, which change with what is in them */
  readonly files: Readonly<Record<string, string>>;
  /** the origin that the page may ask for tokens */
  readonly signInOrigin?: string | undefined;
}

type PageRequest = Pick<APIGatewayProxyEvent, 'path' | 'pathParameters'>;

const contentTypes: Readonly<Record<string, string>> = {
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  json: 'application/json',
};

/**
 * Nothing but the page's own files is loaded, nothing but this service and the identity provider is asked, and no other
 * page may frame it.
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
 * 200 with the page, or with one of its files, which never changes under its name; 308 from `/console/` to `/console`,
 * because the page names its files relative to that.
 * @throws ApiError 404404 when the page has no such file
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

/** @returns where `/console/` really is, relative to it: the stage before it is not in the path */
function withoutSlash(path: string): string {
  return `../${path.split('/').filter(Boolean).at(-1)}`;
}

/** @returns the reference page, relative to the root, whose address can end in the stage: `https://host/prod` */
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
