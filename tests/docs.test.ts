import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { exceptions } from '../infra/deployment/exceptions.ts';
import { projectFolder } from '../infra/local/folders.ts';
import { settingsSchema } from '../infra/settings/schema.ts';
import { defaultClaims } from '../lib/service/http/token-claims.ts';
import packageJson from '../package.json' with { type: 'json' };

const pages = ['README.md', 'CHANGELOG.md', 'SECURITY.md', ...globSync('docs/*.md', { cwd: projectFolder })];

function textOf(page: string): string {
  return readFileSync(join(projectFolder, page), 'utf8').replaceAll(/^```.*?^```/gms, '');
}

/** What the page's relative links lead to: a file, and perhaps a place in it. */
function linksOf(page: string): { file: string; anchor: string }[] {
  const targets = [...textOf(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
  const relative = targets.filter((target) => !/^[a-z]+:/.test(target));
  return relative.map((target) => {
    const [path = '', anchor = ''] = target.split('#');
    return { file: path === '' ? page : join(dirname(page), path), anchor };
  });
}

/** As GitHub makes them of headings. */
function anchorsOf(page: string): string[] {
  const headings = [...textOf(page).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => heading);
  return headings.map((heading) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
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

  it('docs/settings.md has each setting and its default once', () => {
    const row = /^\| `([^`]+)`(?:, `([^`]+)`)? \| (.+?) \|/gm;
    const rows = [...textOf('docs/settings.md').matchAll(row)].flatMap(([, one = '', other, defaults = '']) =>
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

  it('the changelog begins with the version of the package', () => {
    expect(/^## (\S+)/m.exec(textOf('CHANGELOG.md'))?.[1]).toBe(packageJson.version);
  });
});
