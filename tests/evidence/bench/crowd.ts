/** How long calls took, in ms: half of them at most `p50`, 99 of 100 at most `p99`. */
export interface Latency {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

/** What a crowd does: each of the callers makes its calls one after the other, and all callers do so at the same time. */
export interface Crowd {
  readonly callers: number;
  /** of each caller, after one that is not counted: it opens the connection and fills a cache */
  readonly callsEach: number;
}

/** @param call is given the number of its caller */
export async function measureCrowd(
  { callers, callsEach }: Crowd,
  call: (caller: number) => Promise<void>,
): Promise<Latency> {
  const all = Array.from({ length: callers }, (_, caller) => caller);
  await Promise.all(all.map(call));
  const durations: number[] = [];
  await Promise.all(
    all.map(async (caller) => {
      for (let done = 0; done < callsEach; done += 1) {
        const begun = performance.now();
        await call(caller);
        durations.push(performance.now() - begun);
      }
    }),
  );
  return latencyOf(durations);
}

export function latencyOf(durations: readonly number[]): Latency {
  const sorted = durations.toSorted((one, other) => one - other);
  const at = (part: number) => sorted[Math.ceil(sorted.length * part) - 1] ?? Number.NaN;
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99) };
}
