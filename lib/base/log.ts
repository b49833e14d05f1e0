import { AsyncLocalStorage } from 'node:async_hooks';
import { withoutApiKeys } from '../domain/api-key-id.ts';
import { version } from './version.ts';

export type Level = 'DEBUG' | 'INFO' | 'WARN' | 'ERROR';

/** The message of each kind of log line. */
const messages = {
  access: 'request answered',
  announce: 'notice of an API key not sent',
  audit: 'change, or rejection for lack of a right',
  failure: 'internal error',
  invocation: 'direct invocation answered',
  'issuer-keys': 'keys of a token issuer not renewed',
  'last-used': 'use of an API key not recorded',
  publish: 'change not published',
  rotation: 'step of a scheduled rotation',
  start: 'settings missing or wrong',
  sweep: 'due work done',
  'token-claims': 'claim of a token missing or unreadable',
  tidyUp: 'list of applications not updated',
  verification: 'API key verified',
} as const;

/** One log record. Never add a field that is a secret. */
export interface LogRecord {
  readonly event: keyof typeof messages;
  readonly level: Level;
  readonly correlation_id?: string | undefined;
  readonly [field: string]: unknown;
}

const request = new AsyncLocalStorage<{ readonly correlation_id: string }>();

/** Adds the correlation ID to every later log line of this request. */
export function logAs(correlationId: string): void {
  request.enterWith({ correlation_id: correlationId });
}

/**
 * Writes a record as one line of JSON. The common fields have the names of AWS Powertools.
 * @see https://docs.powertools.aws.dev/lambda/typescript/latest/features/logger/
 */
export function log({ event, level, ...fields }: LogRecord): void {
  const common = { timestamp: new Date().toISOString(), level, message: messages[event], service: 'appkeys', version };
  const line = { ...common, ...invocation(process.env), ...request.getStore(), event, ...fields };
  process.stdout.write(`${formatLogLine(line)}\n`);
}

let firstTrace: string | undefined;

/** The fields of the current Lambda invocation. Each invocation has its own trace. */
function invocation(env: Readonly<Record<string, string | undefined>>): object {
  const { AWS_LAMBDA_FUNCTION_NAME: function_name, _X_AMZN_TRACE_ID: trace } = env;
  if (function_name === undefined) return {};
  firstTrace ??= trace;
  const cold_start = trace === firstTrace && env.AWS_LAMBDA_INITIALIZATION_TYPE !== 'provisioned-concurrency';
  return { function_name, cold_start, xray_trace_id: /Root=([^;]+)/.exec(trace ?? '')?.[1] };
}

/**
 * JSON leaves U+2028 and U+2029 unescaped, and some log readers take them for line ends. API keys are removed, in case
 * one gets here by mistake.
 */
export function formatLogLine(record: object): string {
  const line = JSON.stringify(record).replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029');
  return withoutApiKeys(line);
}

/** @returns an error in one line, without its stack */
export function formatWhy(why: unknown): string | undefined {
  if (why === undefined || typeof why === 'string') return why;
  if (!(why instanceof Error)) return 'a value that is not an Error was thrown';
  // Minification shortens the class names of libraries. Their error codes stay.
  const { code } = why as { code?: unknown };
  return `${typeof code === 'string' ? code : why.name}: ${why.message}`;
}
