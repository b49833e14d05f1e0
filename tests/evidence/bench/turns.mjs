/** After so many calls V8 has optimized what they run through. */
const warmUpCalls = 16_000;

/**
 * Warms the subject up that the last argument names. Then it runs it whenever the parent process says so, which it tells
 * how many calls a second there were, and what one took of processor time (µs). What the service logs goes nowhere.
 */
export async function takeTurns(subjects) {
  const subject = subjects[process.argv.at(-1)];
  process.stdout.write = () => true;
  await measure({ ...subject, calls: warmUpCalls });
  process.on('message', async () => process.send(await measure(subject)));
  process.send('ready');
}

async function measure({ calls, call, atOnce = 1 }) {
  const lane = async () => {
    for (let done = 0; done < calls / atOnce; done += 1) await call();
  };
  const begun = performance.now();
  const cpu = process.cpuUsage();
  await Promise.all(Array.from({ length: atOnce }, lane));
  const ms = performance.now() - begun;
  const { user, system } = process.cpuUsage(cpu);
  return { perSecond: (calls * 1_000) / ms, cpuMicros: (user + system) / calls };
}

export function requireTrue(isTrue, what) {
  if (!isTrue) throw new Error(what);
}
