import { syncBuiltinESMExports } from 'node:module';
import { mock } from 'node:test';
import { randomNumbers } from '../properties/support.ts';

/** The process's own clock, timers and random numbers, put under control: time goes on only when told to. */
export interface VirtualTime {
  /** Lets one millisecond pass, and all that it sets going come to rest. */
  pass(): Promise<void>;
  /** Lets what has been set going come to rest; no time passes. */
  rest(): Promise<void>;
  random(): number;
  end(): void;
}

/** Where the next one begins: what the process remembers from the one before lies in the past. */
let start = Date.UTC(2027, 0, 1);
const turn = setImmediate;

/** All that takes real time is the cryptography of tokens, on other threads: it is waited for, and takes no virtual time. */
export function startVirtualTime(seed: number): VirtualTime {
  const { random: realRandom } = Math;
  const { subtle } = crypto;
  const random = randomNumbers(seed);
  let pending = 0;
  mock.timers.enable({ apis: ['setTimeout', 'Date'], now: start });
  syncBuiltinESMExports();
  Math.random = random;
  for (const name of ['verify', 'importKey'] as const) {
    const real = subtle[name].bind(subtle) as (...of: unknown[]) => Promise<never>;
    subtle[name] = (...of: unknown[]) => {
      pending += 1;
      return real(...of).finally(() => {
        pending -= 1;
      });
    };
  }
  const rest = async () => {
    do await new Promise((resolve) => turn(resolve));
    while (pending > 0);
  };
  return {
    rest,
    random,
    async pass() {
      mock.timers.tick(1);
      await rest();
    },
    end() {
      start = Date.now();
      mock.timers.reset();
      syncBuiltinESMExports();
      Math.random = realRandom;
      for (const name of ['verify', 'importKey'] as const) Reflect.deleteProperty(subtle, name);
    },
  };
}
