import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { attack, tableOf, unreached } from '../hostile/attack.ts';
import { mutants, withMutant } from '../hostile/mutants.ts';
import { type HostileService, openHostileService } from '../hostile/service.ts';
import { seed } from '../properties/support.ts';
import { freshTable } from '../support/engine.ts';

let service: HostileService;

beforeAll(async () => {
  service = await openHostileService(await freshTable());
  return () => service.close();
});

const before = Object.prototype.toLocaleString;

afterEach(() => {
  Reflect.deleteProperty(Object.prototype, 'polluted');
  Object.defineProperty(Object.prototype, 'toLocaleString', { value: before });
});

/** A part of them, the same each time; `node tests/evidence/hostile.ts` sends 100,000. */
describe('hostile input', () => {
  it('brings about nothing that must not be, and reaches every operation', async () => {
    const { seen, failure } = await attack(service, { runs: 2_000, seed });
    expect(failure).toBeUndefined();
    expect(unreached(seen), tableOf(seen).join('\n')).toEqual([]);
  }, 300_000);

  it.each(Object.entries(mutants))('finds a service that %s', async (_, mutant) => {
    const { failure } = await attack(withMutant(service, mutant), { runs: 500, seed, only: mutant.target });
    expect(failure).toMatch(/Violation: /);
    expect(failure).toContain(mutant.words);
  });

  it('says how to send again what failed', async () => {
    const broken = withMutant(service, mutants['answers 500'] ?? expect.fail());
    const again = { runs: 500, seed, only: 'generateApiKey' } as const;
    const { failure } = await attack(broken, again);
    const [, path] = /--only generateApiKey --path ([\d:]+)"/.exec(failure ?? '') ?? [];
    expect((await attack(broken, { ...again, path })).failure).toContain('500: ');
    expect((await attack(service, { ...again, path })).failure).toBeUndefined();
  });

  it('demands that its grammar reaches every operation', () => {
    expect(unreached(new Map())).toContain('generateApiKey is never done');
  });
});
