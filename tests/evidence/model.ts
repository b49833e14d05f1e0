import { fewer, fives, implied, type Mix, type Mutant, mutants } from './model/mixes.ts';
import { rotationModel, rotationMutants } from './model/rotation-mutants.ts';
import { explore, type Found, missingTools } from './model/spin.ts';

/** So many states at least, or the model is too small to say much. */
const fewestStates = 2_000_000;

/**
 * Visits every state of the model of one application under several mixes of requests, then takes away each part of the
 * design in turn, and prints what it finds.
 * @returns what is wrong, one line each; nothing when all is well
 */
export function runModel(say: (line: string) => void): readonly string[] {
  const missing = missingTools();
  if (missing) return [missing];
  say(`${'states'.padStart(10)} ${'seconds'.padStart(8)}  violations`);
  const found = [...fives, ...fewer].map((mix) => exploreMix(mix, say));
  const total = found.reduce((sum, { states }) => sum + states, 0);
  const seconds = found.reduce((sum, each) => sum + each.seconds, 0);
  const violations = found.filter(({ violation }) => violation).length;
  say(lineOf({ states: total, seconds }, `${violations} in all`));
  return [
    ...(violations > 0 ? ['The model has a violation.'] : []),
    ...(total < fewestStates ? [`The model has fewer than ${fewestStates} states.`] : []),
    ...runMutants(say),
    ...runImplied(say),
    ...runRotation(say),
  ];
}

function exploreMix(mix: Mix, say: (line: string) => void): Found {
  const found = explore(mix.options, 'fast');
  const { violation } = found;
  say(lineOf(found, `${violation ? `1: ${violation.property} after ${violation.depth} steps` : '0'}  ${mix.name}`));
  return found;
}

function lineOf({ states, seconds }: Pick<Found, 'states' | 'seconds'>, text: string): string {
  return `${String(states).padStart(10)} ${seconds.toFixed(1).padStart(8)}  ${text}`;
}

/** @returns the mutants that survive, break something else, or break with nothing taken away: one line each */
export function runMutants(say: (line: string) => void): readonly string[] {
  say('');
  say(rowOf('taken away', '', 'breaks', 'after steps'));
  return mutants.flatMap((mutant) => {
    const { violation } = explore([...mutant.options, mutant.without], 'shortest');
    say(rowOf(mutant.without, mutant.removes, violation?.property ?? 'NOTHING', String(violation?.depth ?? '')));
    const bare = explore(mutant.options, 'fast').violation;
    return [
      ...(violation?.property === mutant.breaks ? [] : [`${mutant.breaks} does not break without: ${nameOf(mutant)}`]),
      ...(bare ? [`${bare.property} breaks with nothing taken away, among the requests of: ${nameOf(mutant)}`] : []),
    ];
  });
}

function nameOf({ without, removes }: Pick<Mutant, 'without' | 'removes'>): string {
  return `${removes} (${without})`;
}

function rowOf(without: string, removes: string, property: string, depth: string): string {
  return `${without.padEnd(24)} ${removes.padEnd(42)} ${property.padEnd(27)} ${depth}`.trimEnd();
}

function runImplied(say: (line: string) => void): readonly string[] {
  say('');
  say('Implied by other parts, and kept as a second guard:');
  say(`attribute_exists(pk): of an item that is not there, realm = :realm is false`);
  return implied.flatMap((part) => {
    const { violation } = explore([...part.options, part.without], 'fast');
    say(`${nameOf(part)}: ${part.why}; ${violation ? `yet ${violation.property} breaks` : 'all states hold'}`);
    return violation ? [`Not implied after all: ${nameOf(part)}`] : [];
  });
}

/** @returns what is wrong with the model of a rotation by schedule, one line each */
function runRotation(say: (line: string) => void): readonly string[] {
  say('');
  const whole = explore([], 'fast', rotationModel);
  say(lineOf(whole, `${whole.violation?.property ?? '0'}  a rotation by schedule, by three processes that crash`));
  const survivors = rotationMutants.filter(({ without, removes, breaks }) => {
    const { violation } = explore([without], 'shortest', rotationModel);
    say(rowOf(without, removes, violation?.property ?? 'NOTHING', String(violation?.depth ?? '')));
    return violation?.property !== breaks;
  });
  return [
    ...(whole.violation ? ['The model of a rotation has a violation.'] : []),
    ...survivors.map((mutant) => `${mutant.breaks} does not break without: ${nameOf(mutant)}`),
  ];
}

if (import.meta.main) {
  const wrong = runModel(console.log);
  for (const line of wrong) console.error(line);
  process.exitCode = wrong.length > 0 ? 1 : 0;
}
