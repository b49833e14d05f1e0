import { expect, it, vi } from 'vitest';
import { publisher } from '../../lib/events/publisher.ts';
import { captureLog } from '../support/captured-log.ts';

it('without a bus every batch fails, so that Lambda comes again with it', async () => {
  vi.stubEnv('EVENT_BUS', '');
  const log = captureLog();
  const publish = publisher();
  expect(log.records()).toMatchObject([{ event: 'start', why: expect.stringContaining('EVENT_BUS') }]);
  await expect(publish({ Records: [] })).rejects.toThrow('the function is not configured');
});
