import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { version } from '../../lib/base/version.ts';

it('the version that the service says is that of its package', () => {
  expect(version).toBe(JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).version);
});
