import { describe, expect, it } from 'vitest';
import { mutants, quick } from './model/mixes.ts';
import { rotationModel, rotationMutants } from './model/rotation-mutants.ts';
import { explore, missingTools } from './model/spin.ts';

const missing = missingTools();
if (missing) console.warn(`skipped: ${missing}`);

describe('the model of one application, every state of it', () => {
  it.skipIf(missing)(`nothing breaks: ${quick.name}`, () => {
    const { states, violation } = explore(quick.options, 'shortest');
    expect(violation).toBeUndefined();
    expect(states).toBeGreaterThan(10_000);
  });

  it.skipIf(missing).each(mutants)('$breaks breaks without $without: $removes', ({ without, breaks, options }) => {
    expect(explore([...options, without], 'shortest').violation?.property).toBe(breaks);
  });
});

describe('the model of a rotation by schedule, every state of it', () => {
  it.skipIf(missing)('nothing breaks', () => {
    const { states, violation } = explore([], 'fast', rotationModel);
    expect(violation).toBeUndefined();
    expect(states).toBeGreaterThan(1_000_000);
  });

  it.skipIf(missing).each(rotationMutants)('$breaks breaks without $without: $removes', ({ without, breaks }) => {
    expect(explore([without], 'shortest', rotationModel).violation?.property).toBe(breaks);
  });
});
