import type { GatewayReply } from '../../../lib/service/http/exchange.ts';
import type { Handler } from '../../support/environment.ts';
import type { HostileService } from './service.ts';
import { appHrnOf } from './world.ts';

type Wrap = (handler: Handler, service: HostileService) => (event: unknown, context: unknown) => Promise<unknown>;

/** A service that has something wrong, which an attack has to find: it is worth nothing otherwise. */
export interface Mutant {
  readonly target: 'generateApiKey' | 'updateApp' | 'authorizeApiKey';
  readonly wrap: Wrap;
  /** in what the attack says of it */
  readonly words: string;
}

export const mutants: Readonly<Record<string, Mutant>> = {
  'answers 500': replying('500: ', (reply) => ({ ...reply, statusCode: 500 })),
  'answers with a stack': saying('tells of the inside', { cause: 'TypeError: a\n    at b (lib/c.ts:1:2)' }),
  "answers with an engine's words": saying('tells of the inside', { action: 'ConditionalCheckFailedException' }),
  'answers with a path': saying('a secret in an answer', { cause: `in ${process.cwd()}/lib` }),
  'answers with a field of no schema': saying('does not fit its schema', { more: 1 }),
  'answers with the code of another call': saying('409304 is no error of the operation', { code: '409304' }),
  'answers with a line break in a header': replying('header X-More', (reply) => {
    return { ...reply, headers: { ...reply.headers, 'X-More': 'a\r\nSet-Cookie: a=b' } };
  }),
  'answers without headers': replying('no header X-Correlation-ID', (reply) => ({ ...reply, headers: {} })),
  'logs the token': logging('a secret in the log', (event) => JSON.stringify(event)),
  'logs two lines at once': logging('is not one line', () => '{}\n{}'),
  'logs what is no JSON': logging('no JSON: done', () => 'done'),
  'changes a prototype': {
    target: 'generateApiKey',
    words: 'a prototype has changed',
    wrap: (handler) => (event, context) => {
      Object.defineProperty(Object.prototype, 'polluted', { value: true, configurable: true });
      return handler(event, context);
    },
  },
  'puts a method in the place of one of a prototype': {
    target: 'generateApiKey',
    words: 'a prototype has changed',
    wrap: (handler) => (event, context) => {
      Object.defineProperty(Object.prototype, 'toLocaleString', { value: () => 'polluted', configurable: true });
      return handler(event, context);
    },
  },
  'lets everybody in': { target: 'generateApiKey', words: 'done without a right', wrap: asManager },
  'refuses what it has done': {
    target: 'generateApiKey',
    words: 'an application was changed',
    wrap: (handler, service) => async (event, context) => {
      const reply: GatewayReply = await handler(event, context);
      if (reply.statusCode === 401) await asManager(handler, service)(event, context);
      return reply;
    },
  },
  'makes a key for another application too': {
    target: 'generateApiKey',
    words: 'another item is written: {"pk":"disabled"',
    wrap: (handler, service) => async (event, context) => {
      const reply: GatewayReply = await handler(event, context);
      const pathParameters = { app: encodeURIComponent(appHrnOf('disabled')) };
      if (reply.statusCode < 400) await asManager(handler, service)({ ...(event as object), pathParameters }, context);
      return reply;
    },
  },
  'gives a scope above the ceiling': replying('a scope above the ceiling', (reply) =>
    reply.statusCode < 400 ? withScopes(reply, ['invoices:pay']) : reply,
  ),
  'lets a writer change the ceiling': {
    ...replying('the ceiling was changed without a right', (reply) =>
      reply.statusCode < 400 ? withScopes(reply, ['invoices:pay']) : reply,
    ),
    target: 'updateApp',
  },
  'throws what it likes, in its authorizer': authorizing('thrown: TypeError: a', () =>
    Promise.reject(new TypeError('a')),
  ),
  'refuses with a stack, in its authorizer': authorizing('with a stack', () =>
    Promise.reject(new Error('Unauthorized')),
  ),
  'lets in whoever comes, by its authorizer': authorizing('let in', async () => {
    return { isAuthorized: true, context: { keyHrn: 'a' } };
  }),
};

/** @returns the service with the mutant in the place of one of its handlers */
export function withMutant(service: HostileService, { target, wrap }: Mutant): HostileService {
  const handler = wrap(service.handlers[target], service) as Handler;
  return { ...service, handlers: { ...service.handlers, [target]: handler } };
}

function replying(words: string, change: (reply: GatewayReply) => GatewayReply): Mutant {
  return {
    target: 'generateApiKey',
    words,
    wrap:
      (handler) =>
      async (...given) =>
        change(await handler(...given)),
  };
}

/** Says so in its refusals. */
function saying(words: string, more: object): Mutant {
  return replying(words, (reply) =>
    reply.statusCode < 400 ? reply : { ...reply, body: JSON.stringify({ ...JSON.parse(reply.body), ...more }) },
  );
}

function withScopes(reply: GatewayReply, scopes: readonly string[]): GatewayReply {
  return { ...reply, body: JSON.stringify({ ...JSON.parse(reply.body), scopes }) };
}

function logging(words: string, line: (event: unknown) => string): Mutant {
  const wrap: Wrap = (handler) => (event, context) => {
    process.stdout.write(`${line(event)}\n`);
    return handler(event, context);
  };
  return { target: 'generateApiKey', words, wrap };
}

function asManager(handler: Handler, { issuer }: HostileService): ReturnType<Wrap> {
  return async (event, context) => {
    const Authorization = `Bearer ${await issuer.sign({ sub: 'manager' })}`;
    const { headers, ...rest } = event as { headers?: object };
    return handler({ ...rest, multiValueHeaders: null, headers: { ...headers, Authorization } }, context);
  };
}

/** The handler's own answer is thrown away, and its log kept. */
function authorizing(words: string, answer: () => Promise<unknown>): Mutant {
  const wrap: Wrap = (handler) => async (event, context) => {
    await handler(event, context).catch(() => {});
    return answer();
  };
  return { target: 'authorizeApiKey', words, wrap };
}
