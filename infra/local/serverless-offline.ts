import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { stripVTControlCharacters } from 'node:util';
import type { Ports } from './addresses.ts';
import { projectFolder } from './folders.ts';
import { formatTokenIssuers } from './issuer.ts';
import { loopback } from './ports.ts';

export const stage = 'local';

/** A running `serverless offline`. */
export type Service = {
  /** Settles when the process is gone. */
  ended: Promise<unknown>;
  /** What it said last before it was shown, fit for one line: nothing twice, no stacks. */
  lastOutput: () => string[];
  /** From here on its output is shown. */
  show: () => void;
  stop: () => Promise<void>;
};

const patienceMs = 3000;
const lastLines = 10;

/** What serverless-offline adds around a function's own output. */
const noise = [
  /^$/,
  /^[A-Z]+ \S+ \(λ: /,
  /^\(λ: .+\) RequestId: /,
  /^(Running Authorization function|Authorization function returned) /,
  /^(× Unhandled exception in handler 'authorizeApiKey'\.|× Error: (Unauthorized|Unavailable))$/,
];
/** What says nothing about a failure. */
const startNoise = [
  /^(Starting Offline|Offline \[|Function names exposed|Server ready|\s+\* )/,
  /^\s*[│┌└]/,
  /^\s+at /,
  /^(Environment|Docs|Support|Bugs):/,
];

/** Starts it; the channel between the two processes tells it when this one is gone, however that happened. */
export function spawnService({ httpPort, lambdaPort }: Ports, env: NodeJS.ProcessEnv): Service {
  const serverless = join(projectFolder, 'node_modules/serverless/bin/serverless.js');
  const ports = ['--host', loopback, '--httpPort', String(httpPort), '--lambdaPort', String(lambdaPort)];
  const child = spawn(process.execPath, [serverless, 'offline', '--stage', stage, ...ports], {
    cwd: projectFolder,
    env,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const ended = once(child, 'exit');
  const output = collectLines([child.stdout, child.stderr]);
  return { ended, ...output, stop: () => stopProcess(child, ended) };
}

/** What the service depends on: where its local stand-ins are, and the folder with the key that signs its tokens. */
export type Surroundings = {
  database: { endpoint: string };
  kms: { endpoint: string };
  jwksUri: string;
  folder: string;
};

/** What the service needs to know of its surroundings, beside the user's own settings. */
export function serviceEnvironment({ database, kms, jwksUri, folder }: Surroundings): NodeJS.ProcessEnv {
  return {
    ...withoutAwsAccount(process.env),
    AWS_ENDPOINT_URL_DYNAMODB: database.endpoint,
    AWS_ENDPOINT_URL_KMS: kms.endpoint,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    SLS_NOTIFICATIONS_MODE: 'off',
    TOKEN_ISSUERS: formatTokenIssuers(jwksUri),
    APPKEYS_LOCAL_DIR: resolve(folder), // a bundle stands elsewhere than its source
  };
}

/** The process's environment without the user's AWS account: nothing local ever reaches it. */
function withoutAwsAccount(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('AWS_')));
}

function collectLines(streams: Array<Readable | null>): Pick<Service, 'lastOutput' | 'show'> {
  const kept: string[] = [];
  let isShown = false;
  const take = (line: string) => (isShown ? console.log(line) : kept.push(line));
  for (const input of streams.filter((stream) => stream !== null)) {
    createInterface({ input }).on('line', (raw) => {
      const line = stripVTControlCharacters(raw);
      if (!matches(noise, line)) take(line);
    });
  }
  const show = () => {
    isShown = true;
  };
  return { lastOutput: () => summarize(kept), show };
}

/** The last few different things that were said. */
function summarize(lines: string[]): string[] {
  const telling = lines.filter((line) => !matches(startNoise, line)).map((line) => reasonOf(line) ?? line.trim());
  return [...new Set(telling)].slice(-lastLines);
}

/** What a line of the functions' JSON log gives as its reason. */
function reasonOf(line: string): string | undefined {
  return /"why":"((?:[^"\\]|\\.)*)"/.exec(line)?.[1]?.replaceAll('\\"', '"');
}

function matches(patterns: RegExp[], line: string): boolean {
  return patterns.some((pattern) => pattern.test(line));
}

async function stopProcess(child: ReturnType<typeof spawn>, ended: Promise<unknown>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  const patience = new AbortController();
  await Promise.race([ended, sleep(patienceMs, undefined, patience).catch(() => {})]);
  patience.abort();
  child.kill('SIGKILL');
  await ended;
}
