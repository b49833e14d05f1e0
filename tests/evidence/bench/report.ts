import type { Spread } from './statistics.ts';

/** `within the spread`: the goal is among what was measured in half of the rounds, so that chance decides. */
export type Verdict = 'reached' | '**missed**' | 'within the spread';

/** One figure of a table: a ratio, its goal, and what it was made of. */
export interface Row {
  readonly what: string;
  readonly goal: string;
  readonly figure: Spread;
  /** how a figure is written, such as `0.62 b` */
  readonly unit: string;
  readonly verdict?: Verdict;
}

/** One bar of a plot; `mark` is where the goal is. */
export interface Bar {
  readonly label: string;
  readonly value: Spread;
  readonly isOurs: boolean;
  readonly mark?: number;
}

export interface Table {
  /** name of the plot's file */
  readonly id: string;
  readonly title: string;
  readonly text: string;
  readonly rows: readonly Row[];
  readonly bars: readonly Bar[];
  readonly unit: string;
}

/** @returns a number with three significant digits, thousands apart */
export function formatNumber(value: number): string {
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value) || 1)));
  return value.toLocaleString('en-US', { maximumFractionDigits: digits, minimumFractionDigits: digits });
}

export function formatSpread({ low, high }: Spread): string {
  return low === high ? 'exact' : `${formatNumber(low)} … ${formatNumber(high)}`;
}

export function markdownOf({ id, title, text, rows, bars, unit }: Table): string {
  const figures = rows.map(
    ({ what, goal, figure, unit: of, verdict = '' }) =>
      `| ${what} | ${goal} | ${formatNumber(figure.median)} ${of} | ${formatSpread(figure)} | ${verdict} |`,
  );
  const values = bars.map(({ label, value }) => `| ${label} | ${formatNumber(value.median)} |`);
  return [
    `### ${title}`,
    '',
    text,
    '',
    '| what | goal | measured | spread | |',
    '| --- | --- | --- | --- | --- |',
    ...figures,
    '',
    `![${title}](${id}.svg)`,
    '',
    `| | ${unit} |`,
    '| --- | --- |',
    ...values,
    '',
  ].join('\n');
}

/** One row of the table that people ask for: how long something takes, in ms, and how that compares with what it is beside. */
export interface Answer {
  readonly id: string;
  readonly what: string;
  readonly p50: Spread;
  readonly p95?: Spread;
  readonly p99?: Spread;
  /** how p50 compares with that of `beside` */
  readonly ratio: Spread;
  readonly beside: string;
}

/** What one part of the bench found. */
export interface Figures {
  readonly tables: readonly Table[];
  readonly answers: readonly Answer[];
}
