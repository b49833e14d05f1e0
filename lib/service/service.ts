import { randomUUID } from 'node:crypto';
import { formatWhy, log } from '../base/log.ts';
import { openTable } from '../store/dynamodb.ts';
import type { Deadline } from '../store/settle.ts';
import type { Table } from '../store/table.ts';
import { systemClock, Verifier } from '../verification/verifier.ts';
import { type Mac, openMac } from './kms.ts';
import { type Environment, readSettings, type Settings, verifierSettings } from './settings.ts';

/** What every function that uses the table has, once for each process. */
export interface Service {
  readonly settings: Settings;
  readonly table: Table;
  readonly mac: Mac;
}

export interface VerifyingService extends Service {
  readonly verifier: Verifier;
}

/** How long a request can take. Lambda's own timeout and API Gateway's 29 s are longer. */
const requestMs = 8_000;
/** The part of Lambda's remaining time that is left for the response. */
const answerMs = 1_000;

export function openService(settings: Settings): VerifyingService {
  const table = openTable(settings.tableName);
  return { settings, table, mac: openMac(settings.serviceKeyId), verifier: openVerifier(settings, table) };
}

export function openVerifier(settings: Settings, table = openTable(settings.tableName)): Verifier {
  const warn = (why: unknown) => log({ event: 'last-used', level: 'WARN', why: formatWhy(why) });
  return new Verifier(table, verifierSettings(settings), systemClock, warn);
}

type Open<T> = (settings: Settings) => T;
type Opened = Map<Open<unknown>, unknown>;

/** What is open in each environment, by the function that opened it. A process has one environment. */
const openedIn = new WeakMap<Environment, Opened>();

/**
 * Opens what a function needs when its process starts. The operations of one function share the result of `open`: a
 * second call with the same `open` gets the first result. Wrong settings are logged once, and the caller of this
 * function then rejects every request. The service never runs with guessed settings.
 * @returns undefined if a setting is missing or wrong
 */
export function start<T>(open: Open<T>): T | undefined {
  const { env } = process;
  const opened: Opened = openedIn.get(env) ?? new Map();
  openedIn.set(env, opened);
  if (!opened.has(open)) opened.set(open, openOrLog(open, env));
  return opened.get(open) as T | undefined;
}

function openOrLog<T>(open: Open<T>, env: Environment): T | undefined {
  try {
    return open(readSettings(env));
  } catch (why) {
    log({ event: 'start', level: 'ERROR', why: formatWhy(why) });
    return undefined;
  }
}

/** @param remainingMs what Lambda leaves for this invocation */
export function deadlineOf(remainingMs: number): Deadline {
  const at = Date.now() + Math.min(requestMs, remainingMs - answerMs);
  return { ...systemClock, at };
}

export function newErrorId(): string {
  return `ERROR-${randomUUID()}`;
}
