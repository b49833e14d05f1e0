/**
 * Loads a bundle as Lambda does, hands it one event after another, and prints each result. Names are not looked up:
 * they are printed too, and at the end which modules of Node.js were loaded.
 */
const [, , bundle, events, pauseMs, remainingMs] = process.argv;
process.getBuiltinModule('node:dns').lookup = (name, _options, done) => {
  console.log(`HOST${JSON.stringify(name)}`);
  done(Object.assign(new Error('no names here'), { code: 'ENOTFOUND' }));
};
const { handler } = await import(bundle);
for (const event of JSON.parse(events)) {
  const end = Date.now() + Number(remainingMs);
  const result = await handler(event, { awsRequestId: 'x', getRemainingTimeInMillis: () => end - Date.now() });
  console.log(`RESULT${JSON.stringify(result)}`);
  await new Promise((resolve) => setTimeout(resolve, Number(pauseMs)));
}
console.log(`LOADED${JSON.stringify(process.moduleLoadList)}`);
