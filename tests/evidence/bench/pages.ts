import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { project } from '../../support/bundle.ts';
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

Verification of a recently used key, with 200 concurrent callers: a server with appkeys answers half of the requests within ${ms(cached.p50)}, and 99% within ${ms(cached.p99)}.
A check written by hand takes ${longer('http handWritten')} as long, Better Auth ${longer('http betterAuth')}, and appkeys with its cache off ${longer('http uncached')}.
The first request in a new process: the Lambda authorizer takes ${formatNumber(answer('start authorizer').ratio.median)} times as long as a function that makes one DynamoDB write with the AWS SDK.

${tableOf([...verify.answers, ...start.answers])}

p50 is the median: half of the requests take at most this time. 95% take at most p95, and 99% take at most p99.
Compare the ratios. Both sides of each ratio are measured in the same run, in turns, but the times depend on the machine.
The ratio divides the p50 of a row by the p50 of the last column. Its spread goes from the first quartile of the rounds to the third.
The first requests are measured in a new Node.js process without the start of Node.js itself. Each of them includes loading the bundle.

- Verification: ${measuredOn(verify)}.
- First requests: ${measuredOn(start)}.

## Repeat the measurement

\`\`\`sh
npm run bench                  # everything
npm run bench -- verify start  # only the table above
\`\`\`

The command writes this page, the end of [bundles.md](bundles.md#measurements), and the plots. \`verify\` takes about a minute on a machine at rest.
Run it on a machine that does nothing else. With a load above the number of processors, the figures mean little.

## What is measured

Each contender is a process with the same bare \`node:http\` server. The server reads the key from \`x-api-key\` and answers 200 or 401 without a body.
Another process contains 200 callers. Each caller has its own connection and its own API key, and sends its next request when it has the answer to the last one.
A round has 4,000 requests for each contender, and there is one round for every five of \`--rounds\`. Two rounds before them are not counted, because V8 still optimizes the code.
"In process" is the same check with the same 200 callers, without HTTP.

| Contender | What it does |
| --- | --- |
| appkeys, key verified in the last 10 seconds | \`createVerifier\` from \`appkeys/verifier\` with its defaults. The result is in its cache |
| appkeys, cache off | The same with \`cacheSeconds: 0\`: one strongly consistent GetItem for each request |
| check written by hand | A SHA-256 of the key, one eventually consistent GetItem under that hash, and a look at \`enabled\` and \`expiresAt\`, with \`@aws-sdk/client-dynamodb\` |
| Better Auth | \`auth.api.verifyApiKey\` of \`@better-auth/api-key\` on [SQLite through \`node:sqlite\`](https://better-auth.com/docs/adapters/sqlite). The database is in memory, so no disk slows it down. Its rate limit is on, as by default, and is never reached, so it writes each use of a key |

DynamoDB is a server on the same machine that answers from memory at once. With dynalite, most of the time would be its own, and hide the difference between the contenders.
A real table adds the same few milliseconds to each contender that reads from it, and nothing to a key in the cache.
Better Auth has no network between itself and its keys here. With a database on another machine, it waits for that too.
The verifier and the check written by hand are bundled in the same way, without the plugins that make the service's own bundles smaller.

[Ory Talos](https://github.com/ory/talos) publishes a p95 of 48 ms and a p99 of 95 ms for verification, at 3,797 verifications a second (\`docs/operate/benchmarks.md\` in its repository).
They come from up to 437 concurrent callers, some of which create keys and derive tokens, on an Apple M4 Max with PostgreSQL 16. The machine and the work differ, so don't compare them with the times above.
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
  const sections = partNames.flatMap((name) => {
    const { tables } = results[name];
    return tables.map((table) => `${markdownOf(table)}\nMeasured on ${measuredOn(results[name])}.\n`);
  });
  return `## Measurements

\`npm run bench\` measures these figures. [benchmarks.md](benchmarks.md) says how to repeat them. Compare the ratios. Both sides
of each ratio are measured in the same run, in turns. A figure is the median of the rounds. Its spread goes from the first quartile to the third.

**b** is an esbuild bundle of one handler that contains only \`@aws-sdk/client-dynamodb\` and makes the same conditional
\`UpdateItem\` as generating a key. **c** is the same with \`lib-dynamodb\`. Both are built with the service's own esbuild settings, without its plugins.
DynamoDB and the token issuer are servers on the same machine that answer at once.

${sections.join('\n')}`;
}
