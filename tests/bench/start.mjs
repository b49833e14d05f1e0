/** Loads a bundle as Lambda does, hands it one event, and prints how long that took (ms) and the memory then (bytes). */
const [, , bundle, event] = process.argv;
const context = { awsRequestId: 'bench', getRemainingTimeInMillis: () => 10_000 };
const begun = performance.now();
const { handler } = await import(bundle);
const importMs = performance.now() - begun;
const answer = await handler(JSON.parse(event), context);
const startMs = performance.now() - begun;
const { rss } = process.memoryUsage();
process.stdout.write(`\nRESULT${JSON.stringify({ importMs, startMs, rss, answer })}\n`);
process.exit();
