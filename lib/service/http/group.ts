import { ApiError } from '../../domain/errors.ts';
import { type GatewayHandler, type OperationHandler, publicEndpoint } from './endpoint.ts';
import type { AnyOperation } from './exchange.ts';

/** The gateway and `serverless.yml` never send such a request, but anyone who can invoke the function can. */
const noSuchRoute = publicEndpoint({ id: 'none' }, async () => {
  throw new ApiError('404404', { why: 'the function has no such route' });
});

/** Makes one Lambda handler from the handlers of several operations. Each gets the requests of its own route. */
export function group(...handlers: readonly OperationHandler[]): GatewayHandler {
  const byRoute = new Map(handlers.flatMap((handler) => routesOf(handler.operation).map((route) => [route, handler])));
  return async (event, context) => {
    const handler = byRoute.get(formatRoute(event?.httpMethod, event?.resource)) ?? noSuchRoute;
    return handler(event, context);
  };
}

/** A page for people has its files below its path. */
function routesOf({ method, path, isPage }: AnyOperation): string[] {
  const paths = isPage ? [path, `${path}/{file}`] : [path];
  return paths.map((each) => formatRoute(method?.toUpperCase(), each));
}

/** @param resource the path as in the gateway's routes, with `{app}` for the application */
function formatRoute(method: string | undefined, resource: string | undefined): string {
  return `${method} ${resource}`;
}
