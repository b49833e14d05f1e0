import { inject } from 'vitest';
import { type DatabaseProxy, startDatabaseProxy } from './database-proxy.ts';
import { startService, type TestService } from './service.ts';

/** The service with a proxy between it and the database; `reset` forgets what was counted, and the faults to come. */
export interface ProxiedService {
  readonly service: TestService;
  readonly proxy: DatabaseProxy;
  reset(): void;
}

export async function startProxiedService(): Promise<ProxiedService> {
  const proxy = await startDatabaseProxy(inject('endpoint'));
  const service = await startService({}, { AWS_ENDPOINT_URL_DYNAMODB: proxy.endpoint });
  const reset = () => {
    proxy.requests.length = 0;
    proxy.faults = [];
  };
  return { service, proxy, reset };
}
