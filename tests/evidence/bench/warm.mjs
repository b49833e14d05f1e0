/**
 * Loads bundles, hands each its event many times, in turns, and prints how much processor time one call takes (µs), for
 * each round a list with one figure for each bundle. What the service logs goes nowhere.
 */
const [, , rounds, calls, ...subjects] = process.argv;
const context = { awsRequestId: 'bench', getRemainingTimeInMillis: () => 10_000 };
const print = process.stdout.write.bind(process.stdout);
process.stdout.write = () => true;

const loaded = [];
for (let index = 0; index < subjects.length; index += 2) {
  const { handler } = await import(subjects[index]);
  const event = JSON.parse(subjects[index + 1]);
  const answer = await handler(event, context);
  if (answer?.statusCode && answer.statusCode !== 201) throw new Error(JSON.stringify(answer));
  loaded.push(() => handler(event, context));
}

async function microsOf(call) {
  const { user, system } = process.cpuUsage();
  for (let done = 0; done < calls; done += 1) await call();
  const after = process.cpuUsage();
  return (after.user + after.system - user - system) / calls;
}

const warmUp = 8;
const figures = [];
for (let round = -warmUp; round < Number(rounds); round += 1) {
  const figure = [];
  for (const call of loaded) figure.push(await microsOf(call));
  if (round >= 0) figures.push(figure);
}
print(`\nRESULT${JSON.stringify(figures)}\n`);
process.exit();
