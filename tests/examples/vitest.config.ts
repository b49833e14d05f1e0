import { defineConfig } from 'vitest/config';

/** What needs packages that the service's own tests do without. */
export default defineConfig({ test: { include: ['tests/examples/{cdk,sam}.ts'] } });
