import { beforeAll, expect, it, vi } from 'vitest';
import { type Operation, operations } from '../../../lib/contract/operations.ts';
import type { GatewayReply } from '../../../lib/service/http/exchange.ts';
import { loadHandlers } from '../../support/environment.ts';
import { lambdaContext, restEvent } from '../../support/events.ts';

beforeAll(() => void vi.spyOn(process.stdout, 'write').mockReturnValue(true));

const withPath = Object.values<Operation>(operations).filter(({ path = '/', isPage }) => path !== '/' && !isPage);

it.each(withPath)(
  'security 17: 404404 for a slash at the end of the path of $id, which API Gateway ignores',
  async ({ id }) => {
    const handlers = await loadHandlers();
    const event = restEvent(id as keyof typeof handlers, {
      path: { app: 'a', apiKey: 'k', principal: 'p', issuer: 'i' },
    });
    const call = async (path: string): Promise<string> => {
      const reply: GatewayReply = await handlers[id as keyof typeof handlers]({ ...event, path }, lambdaContext());
      return JSON.parse(reply.body).code;
    };
    expect(await call(`${event.path}/`)).toBe('404404');
    expect(await call(event.path)).not.toBe('404404');
  },
);
