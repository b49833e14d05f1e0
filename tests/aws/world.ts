import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { join } from 'node:path';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { Template } from '../../infra/deployment/template.ts';
import { startDynalite } from '../../infra/local/dynalite.ts';
import { startLocalKms } from '../../infra/local/kms.ts';
import { listen, loopback } from '../../infra/local/ports.ts';
import { type LocalSecretsManager, startLocalSecretsManager } from '../../infra/local/secrets-manager.ts';
import { createTable, localClient } from '../../infra/local/table.ts';
import { createCertificate } from '../support/certificate.ts';
import { everySetting } from '../support/deployment.ts';
import { startIssuer } from '../support/issuer.ts';
import { copyService, dataTemplateIn, packageService } from '../support/package.ts';
import { type BusEntry, type Call, startRecorder } from './calls.ts';
import { type Outcome, type PackagedFunction, type Runtime, startRuntime } from './runtime.ts';

const stage = 'example';
export const tableName = `appkeys-${stage}`;
export const realm = 'myrealm';

/** How often each function is started. The fastest start is the one that other programs of the machine disturbed least. */
const starts = 5;

/** What a function took on this machine. */
export interface Figures {
  /** of the fastest start */
  readonly initMs: number;
  readonly peakBytes: number;
}

/** The packaged service under AWS's runtime client, on engines of this machine. */
export interface World {
  readonly service: Template;
  readonly data: Template;
  readonly database: DynamoDBDocumentClient;
  readonly secrets: LocalSecretsManager;
  /** what came on the event bus */
  readonly published: readonly BusEntry[];
  /** the packaged functions, by the names that they have in serverless.yml */
  readonly functions: ReadonlyMap<string, PackagedFunction & { readonly logicalId: string }>;
  /** Invokes a function, whose process is started when it is first invoked. */
  invoke(name: string, event: unknown): Promise<Outcome>;
  sign(claims: Record<string, unknown>): Promise<string>;
  /** what a function has asked of AWS */
  callsOf(name: string): readonly Call[];
  /** of each function that was invoked */
  figures(): Map<string, Figures>;
  stop(): Promise<void>;
}

export async function openWorld(): Promise<World> {
  const { folder, remove } = copyService();
  const keys = await startIssuer('https://issuer.test', [realm]);
  const jwks = await serveJwks(folder, keys.publicJwk);
  const issuer = { issuer: keys.issuer, jwksUri: jwks.uri, algorithms: ['ES256'], audience: 'appkeys', realm };
  const settings = { ...everySetting, notices: { ...everySetting.notices, idleDays: 1 }, issuers: [issuer] };
  const service = (await packageService(folder, settings, stage)) as unknown as Template;
  const data = dataTemplateIn(folder) as unknown as Template;

  const engine = await startDynalite();
  await createTable(engine.endpoint, tableName);
  const kms = await startLocalKms(randomBytes(32));
  const secrets = await startLocalSecretsManager();
  const published: BusEntry[] = [];
  const engines = {
    dynamodb: engine.endpoint,
    kms: kms.endpoint,
    secretsManager: secrets.endpoint,
    publish: (entries: readonly BusEntry[]) => void published.push(...entries),
  };

  const functions = functionsIn(service, folder);
  const recorders = new Map<string, Awaited<ReturnType<typeof startRecorder>>>();
  const runtimes = new Map<string, { runtime: Runtime; initMs: number }>();
  const start = async (name: string) => {
    const found = functions.get(name);
    if (!found) throw new Error(`There is no function ${name}.`);
    const recorder = await startRecorder(engines, found.name);
    recorders.set(name, recorder);
    const env = { ...recorder.env, NODE_EXTRA_CA_CERTS: jwks.ca };
    let initMs = Number.POSITIVE_INFINITY;
    for (let left = starts; ; left -= 1) {
      const runtime = await startRuntime(found, env);
      initMs = Math.min(initMs, runtime.initMs);
      if (left === 1) return { runtime, initMs };
      await runtime.stop();
    }
  };

  return {
    service,
    data,
    database: DynamoDBDocumentClient.from(localClient(engine.endpoint)),
    secrets,
    published,
    functions,
    async invoke(name, event) {
      const started = runtimes.get(name) ?? (await start(name));
      runtimes.set(name, started);
      return started.runtime.invoke(event);
    },
    sign: (claims) => keys.sign(claims),
    callsOf: (name) => recorders.get(name)?.calls ?? [],
    figures: () =>
      new Map([...runtimes].map(([name, { runtime, initMs }]) => [name, { initMs, peakBytes: runtime.peakBytes() }])),
    async stop() {
      await Promise.all([...runtimes.values()].map(({ runtime }) => runtime.stop()));
      for (const each of [...recorders.values(), jwks, keys, kms, secrets]) each.stop();
      await engine.stop();
      remove();
    },
  };
}

/** A deployed service takes keys of issuers by https only. */
async function serveJwks(folder: string, key: object): Promise<{ uri: string; ca: string; stop: () => void }> {
  const certificate = createCertificate();
  const ca = join(folder, 'ca.pem');
  writeFileSync(ca, certificate.cert);
  const server = createServer(certificate, (_, response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ keys: [key] }));
  });
  const uri = `https://${loopback}:${await listen(server)}/jwks`;
  return { uri, ca, stop: () => void server.close().closeAllConnections() };
}

interface FunctionProperties {
  readonly FunctionName: string;
  readonly Handler: string;
  readonly MemorySize: number;
  readonly Timeout: number;
}

function functionsIn({ Resources }: Template, folder: string): World['functions'] {
  const found = Object.entries(Resources).filter(([, { Type }]) => Type === 'AWS::Lambda::Function');
  return new Map(
    found.map(([logicalId, { Properties }]) => {
      const { FunctionName: name, Handler: handler, MemorySize, Timeout } = Properties as unknown as FunctionProperties;
      const own = name.replace(`appkeys-${stage}-`, '');
      const limits = { memoryMb: MemorySize, timeoutSeconds: Timeout };
      return [own, { logicalId, name, handler, ...limits, folder: join(folder, 'bundles', own) }];
    }),
  );
}
