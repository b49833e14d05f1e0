import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { exceptions } from '../infra/deployment/exceptions.ts';
import { projectFolder } from '../infra/local/folders.ts';
import { commentsOf, messagesOf } from '../infra/scripts/texts-of-code.ts';
import { figuresOf, type Sentence, sentencesOf, userPages } from '../infra/scripts/words.ts';
import { settingsSchema } from '../infra/settings/schema.ts';
import { operations } from '../lib/contract/operations.ts';
import type { Route } from '../lib/contract/routes.ts';
import { errorTable } from '../lib/domain/errors.ts';
import { defaultClaims } from '../lib/service/http/token-claims.ts';
import packageJson from '../package.json' with { type: 'json' };

const pages = [...userPages(), 'CHANGELOG.md', 'CONTRIBUTING.md', 'SECURITY.md'];

/** The pages of docs/, in the order of its index. Those for contributors come last. */
const forUsers =
  'getting-started concepts verifying identity deploying operating rotation leaks calls errors settings client cli ' +
  'security scale';
const forContributors = 'evidence benchmarks bundles';

const rawTextOf = (page: string) => readFileSync(join(projectFolder, page), 'utf8');
const textOf = (page: string) => rawTextOf(page).replaceAll(/^```.*?^```/gms, '');

/** What the page's relative links lead to: a file, and perhaps a place in it. */
function linksOf(page: string): { file: string; anchor: string }[] {
  const targets = [...textOf(page).matchAll(/\]\(([^)\s]+)\)|src="([^"]+)"/g)].map(
    ([, link, src]) => link ?? src ?? '',
  );
  const relative = targets.filter((target) => !/^[a-z]+:/.test(target));
  return relative.map((target) => {
    const [path = '', anchor = ''] = target.split('#');
    return { file: path === '' ? page : join(dirname(page), path), anchor };
  });
}

/** As GitHub makes them of headings. A heading that is there before gets a number. */
function anchorsOf(page: string): string[] {
  const headings = [...textOf(page).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => heading);
  const anchors = headings.map((heading) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
  return anchors.map((anchor, index) => {
    const before = anchors.slice(0, index).filter((other) => other === anchor).length;
    return before === 0 ? anchor : `${anchor}-${before}`;
  });
}

interface Setting {
  readonly properties?: Readonly<Record<string, Setting>>;
  readonly default?: unknown;
}

/** Each setting by its path, with its default; those of an issuer are on a page of their own. */
function settingsIn({ properties = {} }: Setting): [string, unknown][] {
  return Object.entries(properties).flatMap(([name, setting]): [string, unknown][] =>
    setting.properties === undefined || name === 'claims'
      ? [[name, setting.default]]
      : settingsIn(setting).map(([inner, value]) => [`${name}.${inner}`, value]),
  );
}

function shownDefault(name: string, value: unknown): string {
  const special: Record<string, string> = {
    claims: Object.entries(defaultClaims)
      .map(([claim, [path]]) => `\`${claim}: ${path}\``)
      .join(', '),
    eventBus: 'none',
    issuers: 'none: required',
    'authorizer.defaultRealms': 'none: required',
    'console.exampleUrl': 'none: the URL of the service',
    'console.issuer': 'none',
    'console.clientId': 'none: required with an issuer',
    'console.commandLineClientId': 'that of the console',
    'console.parameters': 'none',
    'keys.defaultDays': '`keys.maxDays`, else none',
    'keys.maxDays': 'none',
    'keys.realms': 'none',
    'notices.rotateDays': 'none',
    'notices.topic': 'none',
    rateLimit: `\`${JSON.stringify(value)}\``,
  };
  if (name.startsWith('console.endpoints.')) return 'by discovery';
  const isNothing = value === undefined || JSON.stringify(value) === '{}';
  if (name.startsWith('deployment.') && isNothing) return 'none';
  return special[name] ?? `\`${Array.isArray(value) ? `[${value.join(', ')}]` : value}\``;
}

describe('the documents', () => {
  it('link to each other', () => {
    expect(pages.flatMap(linksOf).filter(({ anchor }) => anchor !== '')).not.toHaveLength(0);
  });

  it.each(pages)('%s: its links lead to files and headings that are there', (page) => {
    for (const { file, anchor } of linksOf(page)) {
      expect(globSync(file, { cwd: projectFolder }), file).toHaveLength(1);
      if (anchor !== '') expect(anchorsOf(file), `${file}#${anchor}`).toContain(anchor);
    }
  });

  it('are those of the index, each once', () => {
    const listed = [...textOf('docs/README.md').matchAll(/^\| \[(\S+)\]\((\S+)\) \|/gm)];
    expect(listed.map(([, name]) => name).join(' ')).toBe(`${forUsers} ${forContributors}`);
    for (const [, name, file] of listed) expect(file).toBe(`${name}.md`);
    const files = globSync('docs/*.md', { cwd: projectFolder }).filter((file) => file !== 'docs/README.md');
    expect(files.sort()).toEqual(listed.map(([, , file]) => `docs/${file}`).sort());
  });

  it('docs/calls.md has each call once', () => {
    const rows = [...textOf('docs/calls.md').matchAll(/^\| `([A-Z]+ \/[^`?]*)` \|/gm)].map(([, call]) => call);
    const calls = Object.values<Route>(operations).flatMap(({ method, path }) =>
      method ? [`${method.toUpperCase()} ${path}`] : [],
    );
    expect(rows.sort()).toEqual(calls.sort());
  });

  it('docs/errors.md has each error once', () => {
    const sections = [...textOf('docs/errors.md').matchAll(/^## (.+)$/gm)].map(([, heading]) => heading);
    expect(sections).toEqual(Object.keys(errorTable));
  });

  it('docs/settings.md has each setting and its default once', () => {
    const row = /^\| `([^`]+)`(?:, `([^`]+)`)? \| (.+?) \|/gm;
    const [table = ''] = textOf('docs/settings.md').split(/^## /m);
    const rows = [...table.matchAll(row)].flatMap(([, one = '', other, defaults = '']) =>
      other === undefined
        ? [[one, defaults]]
        : [one, other].map((name, index) => [name, defaults.split(', ')[index] ?? '']),
    );
    expect(Object.fromEntries(rows)).toEqual(
      Object.fromEntries(
        settingsIn(settingsSchema as unknown as Setting).map(([name, value]) => [name, shownDefault(name, value)]),
      ),
    );
    expect(new Set(rows.map(([name]) => name)).size).toBe(rows.length);
  });

  it('docs/security.md has each exception of the scanners, with its reason', () => {
    const rows = [...textOf('docs/security.md').matchAll(/^\| `([^`]+)` \| (.+) \| (.+) \|$/gm)];
    const shown = rows.map(([, resources, rules = '', reason]) =>
      [resources, rules.replaceAll('`', ''), reason].join(' | '),
    );
    for (const { resources, nag = [], guard = [], reason } of exceptions) {
      const row = [resources.replace(/[$^]/g, '').trim(), [...nag, ...guard].join(', '), reason].join(' | ');
      expect(shown).toContain(row);
    }
  });

  it.each(['docs/deploying.md', 'docs/operating.md'])('%s takes no log group of a stage with a longer name', (file) => {
    const text = rawTextOf(file);
    const [, filter = ''] = /--log-group-name-prefix \S+ [^\n]+\n[^\n]+ grep -E '([^']+)'/.exec(text) ?? [];
    const names = ['prod-read', 'prod-authorizeApiKey', 'prod-eu-read', 'prod-2-read'];
    const taken = names.filter((name) => new RegExp(filter).test(`/aws/lambda/appkeys-${name}`));
    expect(taken).toEqual(['prod-read', 'prod-authorizeApiKey']);
  });

  it('docs/operating.md has a line for each alarm', () => {
    const templates = ['alarms', 'events'].map((name) =>
      readFileSync(join(projectFolder, `infra/templates/${name}.yml`), 'utf8'),
    );
    const alarms = [...templates.join('').matchAll(/AlarmName: appkeys-\$\{sls:stage\}-(\S+)/g)].map(
      ([, name]) => name,
    );
    const rows = [...textOf('docs/operating.md').matchAll(/^\| `([a-z0-9-]+)`(?: \(with `eventBus`\))? \|/gm)];
    expect(rows.map(([, name]) => name).sort()).toEqual(alarms.sort());
  });

  it('CONTRIBUTING.md names files and identifiers that the project has', () => {
    const text = textOf('CONTRIBUTING.md');
    for (const [, path = ''] of text.matchAll(/`((?:docs|functions|infra|lib|tests)\/[^`\s]*)`/g))
      expect(globSync(path, { cwd: projectFolder }), path).not.toHaveLength(0);
    const sources = globSync('{functions,infra,lib,tests}/**/*.ts', {
      cwd: projectFolder,
      exclude: ['**/node_modules'],
    });
    const code = sources.map(rawTextOf).join('\n');
    for (const [, name = ''] of text.matchAll(/`(\w*[a-z][A-Z]\w+)`/g)) expect(code.includes(name), name).toBe(true);
  });

  it('the changelog begins with the version of the package', () => {
    expect(/^## (\S+)/m.exec(textOf('CHANGELOG.md'))?.[1]).toBe(packageJson.version);
  });
});

describe('sentences', () => {
  const lengthsOf = (markdown: string) => sentencesOf(markdown).map(({ words }) => words);

  it.each([
    [
      'end at a stop, a question mark, an exclamation mark or a colon',
      'One two three. Is it so? It is so! Then: It is.',
      [3, 3, 3],
    ],
    ['go on before a small letter or code', 'See e.g. this one. `x` is part of it.', [10]],
    [
      'begin with a capital, a bracket or an asterisk',
      'One two three. [Four](x.md) five six. **Seven** eight nine.',
      [3, 3, 3],
    ],
    ['of under three words do not count', 'Two words. Three words here. Yes.', [3]],
    ['count code as one word', 'Run `npm run words -- --long` for them.', [4]],
    ['count no address', 'See [the page](https://example.com/a/b/c) about it.', [5]],
    ['count no tag', 'See <img src="a b c" alt="d e f"> about it here.', [4]],
    ['are not in code blocks', 'Before it comes:\n\n```sh\nOne two three four.\n```\n\nAfter it comes this.', [3, 4]],
    [
      'are not in tables or headings',
      '## One two three\n\n| One two three. | x |\n| --- | --- |\n\nOne two three.',
      [3],
    ],
    [
      'go on in the next line, and end before a list item, whose sign counts',
      'One two\nthree four\n- five six seven\n1. eight nine ten',
      [4, 4, 4],
    ],
    ['take a hyphen and an apostrophe as part of a word', "It doesn't re-read it’s own.", [5]],
  ])('%s', (_, markdown, lengths) => {
    expect(lengthsOf(markdown)).toEqual(lengths);
  });

  it('have a median, a 90th percentile, and a share of long ones', () => {
    const sentences = [1, 2, 3, 4, 5, 6, 7, 8, 31, 40].map((words): Sentence => ({ words, text: '' }));
    expect(figuresOf(sentences)).toEqual({ sentences: 10, median: 5.5, p90: 40, long: 0.2 });
  });

  it('of README and docs are short', () => {
    const { median, p90, long } = figuresOf(userPages().flatMap((page) => sentencesOf(rawTextOf(page))));
    expect(median).toBeLessThanOrEqual(12);
    expect(p90).toBeLessThanOrEqual(22);
    expect(long).toBeLessThanOrEqual(0.03);
  });
});

describe('texts of code', () => {
  const source = `/** Makes it.
 * @param x what it is
 * @returns what it was
 */
function f(x: string) { // one line
  // and the next.
  // biome-ignore lint: no
  const url = "https://x"; // of the page
  throw new Error(\`There is no \${x}\` + " in here.");
}
const other = "not a message";
const third = "Say what happened.";
`;

  it('are its comments, each tag and each run of lines apart', () => {
    expect(commentsOf(source).map((comment) => comment.replaceAll(/\s+/g, ' '))).toEqual([
      'Makes it. x what it is what it was',
      'one line and the next.',
      'of the page',
    ]);
  });

  it('are its messages: sentences, with values as one word', () => {
    expect(messagesOf(source)).toEqual(['There is no code in here.', 'Say what happened.']);
  });
});
