// Plain JavaScript without imports, so that an old Node can run it and say what is wrong.
const { version } = process;
if (!version.startsWith('v24.')) {
  console.error(
    `appkeys runs on Node.js 24, as AWS Lambda does; this is ${version}. On Linux and Windows "npm ci" brings it along, elsewhere install Node.js 24.`,
  );
  process.exit(1);
}
