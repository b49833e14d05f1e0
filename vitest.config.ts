import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';
import { pageModule } from './infra/scripts/pages.ts';
import { suites } from './tests/suites.ts';

const { SUITE: name = 'all' } = process.env;
const suite = suites[name];
if (!suite) throw new Error(`SUITE must be one of ${Object.keys(suites).join(', ')}, not ${name}.`);

export default defineConfig({
  plugins: [
    {
      name: 'pages',
      resolveId: (id) => (id.startsWith('page:') ? `\0${id}` : undefined),
      load: (id) => (id.startsWith('\0page:') ? pageModule(id.slice(1)) : undefined),
    },
  ],
  test: {
    ...suite,
    globalSetup: 'tests/support/engine.ts',
    // Nobody's own credentials of the command line.
    env: { XDG_CONFIG_HOME: join(tmpdir(), 'appkeys-nobody'), APPKEYS_PROFILE: '' },
    // These only end tests that hang. They are long because no result may depend on how fast the machine is.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    expect: { poll: { timeout: 120_000 } },
    maxConcurrency: 20,
    // Many tests wait for a deadline: Vitest's own choice, one processor less than there are, leaves two half idle.
    maxWorkers: '100%',
  },
});
