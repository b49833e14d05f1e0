/** Loads a bundle as Lambda does, hands it one event, and prints how long that took, by the clock and of processor time (ms), and the memory then (bytes). */
const [, , bundle, event] = process.argv;
const context = { awsRequestId: 'bench', getRemainingTimeInMillis: () => 10_000 };
const begun = performance.now();
const cpu = process.cpuUsage();
const { handler } = await import(bundle);
const answer = await handler(JSON.parse(event), context);
const startMs = performance.now() - begun;
const { user, system } = process.cpuUsage(cpu);
const { rss } = process.memoryUsage();
process.stdout.write(`\nRESULT${JSON.stringify({ startMs, cpuMs: (user + system) / 1_000, rss, answer })}\n`);
process.exit();
