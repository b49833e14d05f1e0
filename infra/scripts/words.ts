import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectFolder } from '../local/folders.ts';
import { commentsOf, messagesOf } from './texts-of-code.ts';

const help = `usage: npm run words -- [--long] [FILE.md ...]

Prints the lengths of sentences, in words: of README.md and docs/*.md (or the files named), and of the comments and
messages of lib, functions and infra.

  --long   print the sentences of more than 30 words instead`;

/** From this length on, a sentence is long. */
const mostWords = 30;
const fewestWords = 3;

export interface Sentence {
  readonly words: number;
  readonly text: string;
}

export interface Figures {
  readonly sentences: number;
  readonly median: number;
  /** the 90th percentile */
  readonly p90: number;
  /** the share of sentences with more than 30 words, from 0 to 1 */
  readonly long: number;
}

/** @returns the sentences of the prose: without code blocks, tables, headings, and addresses of links */
export function sentencesOf(markdown: string): Sentence[] {
  return markdown
    .replaceAll(/```.*?```/gs, '')
    .replaceAll(/<[^>]+>/g, ' ')
    .replaceAll(/\]\([^)]*\)/g, ']')
    .split(/\n\s*\n|\n(?=[-*#|] |\d+\. )/)
    .filter((block) => !/^\s*[|#]/.test(block))
    .flatMap(sentencesIn);
}

function sentencesIn(block: string): Sentence[] {
  const line = block
    .replaceAll(/`[^`]*`/g, 'code')
    .trim()
    .split(/\s+/)
    .join(' ');
  return line
    .split(/(?<=[.!?:])\s+(?=[A-Z[*])/)
    .map((text) => ({ words: text.match(/[A-Za-z0-9'’-]+/g)?.length ?? 0, text }))
    .filter(({ words }) => words >= fewestWords);
}

export function figuresOf(sentences: readonly Sentence[]): Figures {
  const lengths = sentences.map(({ words }) => words).sort((a, b) => a - b);
  const count = lengths.length;
  const at = (index: number) => lengths[index] ?? 0;
  return {
    sentences: count,
    median: (at(Math.floor((count - 1) / 2)) + at(Math.floor(count / 2))) / 2,
    p90: at(Math.floor(count * 0.9)),
    long: lengths.filter((words) => words > mostWords).length / count,
  };
}

/** @returns README.md and docs/*.md, as paths in the project */
export function userPages(): string[] {
  return ['README.md', ...globSync('docs/*.md', { cwd: projectFolder }).sort()];
}

const textOf = (file: string) => readFileSync(join(projectFolder, file), 'utf8');

function format(name: string, sentences: readonly Sentence[]): string {
  const { sentences: count, median, p90, long } = figuresOf(sentences);
  return `${name}: ${count} sentences, median ${median}, p90 ${p90}, over ${mostWords}: ${Math.round(long * 100)}%`;
}

/** The lines for one page, or for all comments or messages. */
type Report = (name: string, sentences: readonly Sentence[]) => string[];

const figures: Report = (name, sentences) => (sentences.length > 0 ? [format(name, sentences)] : []);

const longOnes: Report = (name, sentences) =>
  sentences
    .filter(({ words }) => words > mostWords)
    .sort((a, b) => b.words - a.words)
    .map(({ words, text }) => `${name}: ${words} words: ${text}`);

function pageLines(files: readonly string[], report: Report): string[] {
  const pages = files.map((file) => [file, sentencesOf(textOf(file))] as const);
  const lines = pages.flatMap(([file, sentences]) => report(file, sentences));
  return report === figures
    ? [
        ...lines,
        ...report(
          'all',
          pages.flatMap(([, sentences]) => sentences),
        ),
      ]
    : lines;
}

function codeLines(report: Report): string[] {
  const files = globSync('{lib,functions,infra}/**/*.ts', {
    cwd: projectFolder,
    exclude: (name) => name === 'generated',
  });
  const sentencesBy = (textsOf: (source: string) => string[]) =>
    files.flatMap((file) => textsOf(textOf(file))).flatMap(sentencesOf);
  return [...report('comments', sentencesBy(commentsOf)), ...report('messages', sentencesBy(messagesOf))];
}

function linesFor(args: readonly string[]): string[] {
  if (args.includes('--help')) return [help];
  const named = args.filter((arg) => arg !== '--long');
  const report = args.includes('--long') ? longOnes : figures;
  return named.length > 0 ? pageLines(named, report) : [...pageLines(userPages(), report), ...codeLines(report)];
}

if (import.meta.main) console.log(linesFor(process.argv.slice(2)).join('\n'));
