import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectFolder as project } from '../../../infra/local/folders.ts';
import { type Answer, formatNumber, formatSpread, markdownOf } from './report.ts';
import { type Part, partNames, type Results } from './results.ts';

const begin = '<!-- npm run bench writes everything from here to the end -->';

/** Writes the page with what people ask for, and the end of the page about bundles with everything else. */
export function writePages(results: Results): void {
  writeFileSync(pathOf('benchmarks'), benchmarksPage(results));
  const [kept = ''] = readFileSync(pathOf('bundles'), 'utf8').split(begin);
  writeFileSync(pathOf('bundles'), `${kept}${begin}\n\n${internals(results)}`);
}

function pathOf(page: string): string {
  return join(project, 'docs', `${page}.md`);
}

function benchmarksPage({ verify, start }: Results): string {
  const answer = answerFinder([...verify.answers, ...start.answers]);
  const cached = answer('http cached');
  const longer = (id: string) => `${formatNumber(answer(id).ratio.median / cached.ratio.median)} times`;
  return `# Benchmarks

**With appkeys as a guard, half of all requests are answered within ${ms(cached.p50)}, and 99% within ${ms(cached.p99)}**.
This is with 200 concurrent callers and recently used keys. In comparison:

- A check written by hand takes ${longer('http handWritten')} as long.
- Better Auth takes ${longer('http betterAuth')} as long.
- appkeys without its cache takes ${longer('http uncached')} as long.
- The Lambda authorizer's first request in a new process takes ${formatNumber(answer('start authorizer').ratio.median)} times as long as that of a small function. This function makes one DynamoDB write with the AWS SDK.

${tableOf([...verify.answers, ...start.answers])}

- Half of the requests take at most the p50, 95% at most the p95, and 99% at most the p99.
- A ratio is the p50 of its row, divided by the p50 of the contender in the last column. In parentheses are the first and the third quartile of the rounds.
- Compare the ratios. The times depend on the machine. Both sides of a ratio are measured in the same run, in turns.
- The first requests run in a new Node.js process. They include loading the bundle, but not the start of Node.js.

| Measured | On |
| --- | --- |
| verification | ${measuredOn(verify)} |
| first requests | ${measuredOn(start)} |

## Repeat the measurement

\`\`\`sh
npm run bench                  # everything
npm run bench -- verify start  # only the table above
\`\`\`

The command writes this page, the end of [bundles.md](bundles.md#measurements), and the plots. Use a machine that does nothing else.
If its load exceeds its number of processors, the figures mean little. On an idle machine, \`verify\` takes about a minute.

## What is measured

Each contender is a process with the same bare \`node:http\` server. The server reads the key from \`x-api-key\`, and answers 200 or 401 without a body.

| Contender | What it does |
| --- | --- |
| appkeys, key verified in the last 10 seconds | \`createVerifier\` from \`appkeys/verifier\` with its defaults. The result is in its cache |
| appkeys, cache off | The same with \`cacheSeconds: 0\`: one strongly consistent GetItem for each request |
| check written by hand | A SHA-256 of the key, one eventually consistent GetItem under that hash, and a check of \`enabled\` and \`expiresAt\`, with \`@aws-sdk/client-dynamodb\` |
| Better Auth | \`auth.api.verifyApiKey\` of \`@better-auth/api-key\` on [SQLite through \`node:sqlite\`](https://better-auth.com/docs/adapters/sqlite). The database is in memory, so no disk slows it down. Its rate limit has its default: on, but never reached here. So it writes each use of a key |

**Callers**: One more process contains 200 callers. Each caller has its own connection and its own API key. It sends its next request after the response to the last one.

**Rounds**: A round has 4,000 requests for each contender. There is one round for every five of \`--rounds\`. Two rounds before them are not counted, because V8 is still optimizing the code.
The rows "in process" make the same check with the same 200 callers, without HTTP.

**Databases**: DynamoDB is a server on the same machine that answers from memory at once. With dynalite, most of the time would be dynalite's own.
A real table adds the same few milliseconds to each contender that reads from it. It adds nothing to a key in the cache.
Better Auth reads its keys without a network here. With a database on another machine, it also waits for that.

**Bundles**: The verifier and the check written by hand are bundled in the same way, without the plugins of the service's own bundles.

## A published figure of another service

[Ory Talos](https://github.com/ory/talos) publishes a p95 of 48 ms and a p99 of 95 ms, at 3,797 verifications a second. The source is \`docs/operate/benchmarks.md\` in its repository.
Don't compare them with the times above, because the machine and the work differ. They come from an Apple M4 Max with PostgreSQL 16, and from up to 437 concurrent callers. Some of these create keys and derive tokens.
`;
}

function answerFinder(answers: readonly Answer[]) {
  return (id: string) => {
    const found = answers.find((answer) => answer.id === id);
    if (!found) throw new Error(`Nothing was measured for "${id}". Run npm run bench without the name of a part.`);
    return found;
  };
}

const places: Readonly<Record<string, string>> = { http: 'over HTTP', inProcess: 'in process', start: 'first request' };

function tableOf(answers: readonly Answer[]): string {
  const row = ({ id, what, p50, p95, p99, ratio, beside }: Answer) => {
    const isBaseline = what === beside;
    const figures = isBaseline ? '1' : `${formatNumber(ratio.median)} (${formatSpread(ratio)})`;
    return `| ${what} | ${places[id.split(' ', 1)[0] ?? '']} | ${ms(p50)} | ${ms(p95)} | ${ms(p99)} | ${figures} | ${isBaseline ? '' : beside} |`;
  };
  const head = [
    '| What | Where | p50 | p95 | p99 | Ratio | Compared with |',
    '| --- | --- | --- | --- | --- | --- | --- |',
  ];
  return [...head, ...answers.map(row)].join('\n');
}

function ms(spread: Answer['p99']): string {
  return spread ? `${formatNumber(spread.median)} ms` : '';
}

function measuredOn({ machine, rounds, load }: Part): string {
  return `${machine}, with \`--rounds ${rounds}\` and a load of ${load.toFixed(1)} from other processes`;
}

function internals(results: Results): string {
  const parts = partNames.map((name) => results[name]).filter(({ tables }) => tables.length > 0);
  const machines = parts.map((part) => `| ${part.tables.map(({ title }) => title).join('; ')} | ${measuredOn(part)} |`);
  const sections = parts.flatMap(({ tables }) => tables.map(markdownOf));
  return `## Measurements

\`npm run bench\` measures these figures; see [how to repeat it](benchmarks.md#repeat-the-measurement). A figure is the median of the rounds, and its spread goes from the first quartile to the third.
Compare the ratios. Both sides of a ratio are measured in the same run, in turns.

- **b** is an esbuild bundle of one handler with only \`@aws-sdk/client-dynamodb\`. It makes the same conditional \`UpdateItem\` as generating a key.
- **c** is the same with \`lib-dynamodb\`.
- Both have the service's own esbuild settings, without its plugins.
- DynamoDB and the token issuer are servers on the same machine that answer at once.

| table | measured on |
| --- | --- |
${machines.join('\n')}

${sections.join('\n')}`;
}
