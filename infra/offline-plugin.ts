import { rmSync } from 'node:fs';
import { IncomingMessage, Server, ServerResponse } from 'node:http';

interface Serverless {
  readonly processedInput: { readonly commands: readonly string[] };
  readonly service: {
    readonly functions: Record<string, object>;
    readonly custom: { readonly esbuild: { outputWorkFolder?: string } };
  };
}

/** What `serverless offline` has and no package may have. */
export default class OfflinePlugin {
  readonly hooks;

  constructor({ processedInput, service }: Serverless) {
    this.hooks = {
      initialize: () => {
        if (processedInput.commands[0] !== 'offline') return;
        service.functions.noSuchRoute = noSuchRoute;
        service.functions.whoami = whoami;
        service.functions.demo = demo;
        service.custom.esbuild.outputWorkFolder = makeWorkFolder();
        withholdCors();
        keepLastSlash();
        endWithParent();
      },
    };
  }
}

/** Answers like the deployed gateway where there is no route, because serverless-offline knows no gateway responses. */
const noSuchRoute = {
  name: 'noSuchRoute',
  handler: 'infra/local/no-such-route.handler',
  events: [{ http: { method: 'any', path: '/' } }, { http: { method: 'any', path: '/{proxy+}' } }],
};

/** An API behind the authorizer, to see it work. A key may stand in any place, so nothing is cached by one. */
const whoami = {
  name: 'whoami',
  handler: 'infra/local/whoami.handler',
  events: [
    {
      http: {
        method: 'get',
        path: '/whoami',
        authorizer: { name: 'authorizeApiKey', type: 'request', identitySource: '', resultTtlInSeconds: 0 },
      },
    },
  ],
};

/** Opens the pages for people with a token filled in. */
const demo = {
  name: 'demo',
  handler: 'infra/local/demo.handler',
  events: [{ http: { method: 'get', path: '/demo/{page}' } }],
};

/** A folder for the bundles of this process alone: several may run side by side, and packaging empties the usual one. */
function makeWorkFolder(): string {
  const folder = `.local/build-${process.pid}`;
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** serverless-offline lets every page of any origin read every answer, which no setting changes; the deployed gateway lets none. */
function withholdCors(): void {
  const { setHeader } = ServerResponse.prototype;
  ServerResponse.prototype.setHeader = function (name, value) {
    return /^access-control-/i.test(name) ? this : setHeader.call(this, name, value);
  };
}

/**
 * serverless-offline drops a slash at the end of a path, so that `DELETE …/apiKeys/` with no key named deletes all keys,
 * and the files of `/console/` are not found. It drops one only: of two, one is left, and there is no such route.
 */
function keepLastSlash(): void {
  const { emit } = Server.prototype;
  Server.prototype.emit = function (event: string, ...parts: unknown[]): boolean {
    const [request] = parts;
    if (event === 'request' && request instanceof IncomingMessage) request.url = doubleLastSlash(request.url ?? '');
    return Reflect.apply(emit, this, [event, ...parts]);
  };
}

function doubleLastSlash(url: string): string {
  return url.replace(/^([^?]*[^/?])\/(?=\?|$)/, '$1//');
}

function endWithParent(): void {
  if (!process.channel) return;
  process.on('disconnect', () => process.exit());
  if (!process.connected) process.exit();
}
