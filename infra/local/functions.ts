import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Context } from 'aws-lambda';
import { parse } from 'yaml';
import { projectFolder } from './folders.ts';

export const stage = 'local';
export const account = '000000000000';
export const region = 'us-east-1';

/** A function of serverless.yml, or a function that exists only locally. */
export interface FunctionDefinition {
  readonly handler: string;
  /** seconds */
  readonly timeout?: number;
  readonly events?: readonly { readonly http?: HttpEvent }[];
}

export interface HttpEvent {
  readonly method: string;
  readonly path: string;
  /** the function that authorizes requests */
  readonly authorizer?: string;
}

interface Definitions {
  readonly provider: { readonly timeout: number };
  readonly functions: Readonly<Record<string, FunctionDefinition>>;
}

const { provider, functions }: Definitions = parse(readFileSync(join(projectFolder, 'serverless.yml'), 'utf8'), {
  maxAliasCount: -1,
});

/** The deployed functions, and an example API behind the authorizer. */
export const definitions: Readonly<Record<string, FunctionDefinition>> = {
  ...functions,
  whoami: {
    handler: 'infra/local/whoami.handler',
    events: [{ http: { method: 'get', path: '/whoami', authorizer: 'authorizeApiKey' } }],
  },
};

/** Runs a function in this process. The first invocation loads its module. */
export async function invoke(name: string, event: unknown): Promise<unknown> {
  const handler = await loadHandler(name);
  return handler(event, contextOf(name));
}

/**
 * Loads the functions that handle requests, except the pages, which take longest.
 * @throws the error of a module
 */
export async function loadHandlers(): Promise<void> {
  const names = Object.keys(definitions).filter((name) => answersRequests(name) && name !== 'pages');
  await Promise.all(names.map(loadHandler));
}

function answersRequests(name: string): boolean {
  return definitions[name]?.events?.every(({ http }) => http) ?? true;
}

async function loadHandler(name: string): Promise<(event: unknown, context: Context) => Promise<unknown>> {
  const file = definitions[name]?.handler.replace(/\.handler$/, '.ts') ?? '';
  return (await import(pathToFileURL(join(projectFolder, file)).href)).handler;
}

function contextOf(name: string): Context {
  const functionName = `appkeys-${stage}-${name}`;
  const end = Date.now() + (definitions[name]?.timeout ?? provider.timeout) * 1000;
  const context = {
    awsRequestId: randomUUID(),
    functionName,
    functionVersion: '$LATEST',
    invokedFunctionArn: `arn:aws:lambda:${region}:${account}:function:${functionName}`,
    getRemainingTimeInMillis: () => end - Date.now(),
  };
  return context as Context;
}

/** A function that serves a page imports it as `page:{name}`. */
registerHooks({
  resolve(specifier, context, next) {
    if (!specifier.startsWith('page:')) return next(specifier, context);
    const url = new URL(`page-module.ts?name=${specifier.slice('page:'.length)}`, import.meta.url);
    return { url: url.href, shortCircuit: true };
  },
});
