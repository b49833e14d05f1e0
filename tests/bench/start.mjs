const { writeSync } = process.getBuiltinModule('node:fs');

/** Loads a bundle as Lambda does, hands it one event, and prints what that took (ms) and the resident memory then (bytes). */
const [, , bundle, event] = process.argv;
const context = { awsRequestId: 'bench', getRemainingTimeInMillis: () => 10_000 };
const begun = performance.now();
const { handler } = await import(bundle);
const importMs = performance.now() - begun;
const answer = await handler(JSON.parse(event), context);
const startMs = performance.now() - begun;
const cpu = process.cpuUsage();
const result = {
  importMs,
  startMs,
  cpuMs: (cpu.user + cpu.system) / 1000,
  rssBytes: process.memoryUsage.rss(),
  answer,
};
writeSync(1, `\nRESULT${JSON.stringify(result)}\n`);
process.exit();
