// Plain JavaScript without imports, so that an old Node can run it and say what is wrong.
const { version } = process;
if (!version.startsWith('v24.')) {
  console.error(
    `appkeys needs Node.js 24, but this is ${version}. On Linux and Windows, run "npm ci", which installs Node.js 24. Elsewhere, install Node.js 24.`,
  );
  process.exit(1);
}
