import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { account, region } from '../../infra/local/functions.ts';
import { listen, loopback } from '../../infra/local/ports.ts';

const client = join(import.meta.dirname, 'node_modules/aws-lambda-ric/index.mjs');

/** A function as the template has it, and where its zip was unpacked. */
export interface PackagedFunction {
  readonly name: string;
  readonly handler: string;
  readonly memoryMb: number;
  readonly timeoutSeconds: number;
  readonly folder: string;
}

/** What the runtime client reports of an invocation: a response, or an error in its form. */
export type Outcome = { readonly response: unknown } | { readonly error: ReportedError };

export interface ReportedError {
  readonly errorType: string;
  readonly errorMessage: string;
}

/** A process of AWS's runtime client, as Lambda starts one for an environment. */
export interface Runtime {
  /** from the start of the process to its first question for an invocation */
  readonly initMs: number;
  invoke(event: unknown): Promise<Outcome>;
  /** the most memory that the process has ever had, in bytes */
  peakBytes(): number;
  stop(): Promise<void>;
}

interface Invocation {
  readonly event: unknown;
  readonly done: (outcome: Outcome) => void;
}

/**
 * Starts a function under the runtime client, beside a Runtime API of its own.
 * @param env variables besides those that Lambda sets
 * @throws Error when the client reports that the function cannot be loaded, or ends before it asks for an invocation
 * @see https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
 */
export async function startRuntime(lambda: PackagedFunction, env: Record<string, string>): Promise<Runtime> {
  const waiting: Invocation[] = [];
  const running = new Map<string, Invocation>();
  const ready = Promise.withResolvers<void>();
  let next: ServerResponse | undefined;

  /** The client asks, and is answered when there is an invocation. */
  const give = () => {
    const invocation = next && waiting.shift();
    if (!next || !invocation) return;
    const id = randomUUID();
    running.set(id, invocation);
    const headers = {
      'Content-Type': 'application/json',
      'Lambda-Runtime-Aws-Request-Id': id,
      'Lambda-Runtime-Deadline-Ms': String(Date.now() + lambda.timeoutSeconds * 1000),
      'Lambda-Runtime-Invoked-Function-Arn': `arn:aws:lambda:${region}:${account}:function:${lambda.name}`,
    };
    next.writeHead(200, headers).end(JSON.stringify(invocation.event));
    next = undefined;
  };
  const finish = (id: string, outcome: Outcome) => {
    running.get(id)?.done(outcome);
    running.delete(id);
  };

  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const [, path = ''] = /^\/2018-06-01\/runtime\/(.*)$/.exec(request.url ?? '') ?? [];
    if (path === 'invocation/next') {
      next = response;
      ready.resolve();
      return give();
    }
    const body = JSON.parse((await text(request)) || 'null');
    const [, id = '', what] = /^invocation\/([^/]+)\/(response|error)$/.exec(path) ?? [];
    if (path === 'init/error') ready.reject(new Error(`${body.errorType}: ${body.errorMessage}`));
    else if (what === 'response') finish(id, { response: body });
    else if (what === 'error') finish(id, { error: body });
    response.writeHead(what || path === 'init/error' ? 202 : 404, { 'Content-Type': 'application/json' }).end('{}');
  };

  const server = createServer(answer);
  const api = `${loopback}:${await listen(server)}`;
  const startedAt = performance.now();
  const child = spawn(process.execPath, [client, lambda.handler], {
    cwd: lambda.folder,
    env: { ...env, ...lambdaVariables(lambda, api) },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  child.once('exit', (status) => {
    const error = { errorType: 'Runtime.ExitError', errorMessage: `the process ended with ${status}` };
    ready.reject(new Error(`${error.errorType}: ${error.errorMessage}`));
    for (const id of running.keys()) finish(id, { error });
  });
  const stop = () => end(child).then(() => void server.close().closeAllConnections());
  await ready.promise.catch(async (why) => {
    await stop();
    throw why;
  });
  return {
    initMs: performance.now() - startedAt,
    invoke: (event) =>
      new Promise((done) => {
        waiting.push({ event, done });
        give();
      }),
    peakBytes: () => peakOf(child),
    stop,
  };
}

/** @see https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html */
function lambdaVariables({ name, handler, memoryMb, folder }: PackagedFunction, api: string): Record<string, string> {
  return {
    _HANDLER: handler,
    AWS_LAMBDA_RUNTIME_API: api,
    LAMBDA_TASK_ROOT: folder,
    AWS_REGION: region,
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_SESSION_TOKEN: 'test',
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
    AWS_LAMBDA_FUNCTION_NAME: name,
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memoryMb),
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${name}`,
    AWS_LAMBDA_LOG_STREAM_NAME: 'log-stream',
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
  };
}

/** @see https://www.man7.org/linux/man-pages/man5/proc_pid_status.5.html VmHWM */
function peakOf({ pid }: ChildProcess): number {
  const [, kilobytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kilobytes) * 1024;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}
