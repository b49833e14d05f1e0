import type { Spread } from './statistics.ts';

/** `within the spread`: the goal is among what was measured in half of the rounds, so that chance decides. */
export type Verdict = 'reached' | '**missed**' | 'within the spread';

/** One figure of a table: a ratio, its goal, and what it was made of. */
export interface Row {
  readonly what: string;
  readonly goal: string;
  readonly stretch?: string;
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

function formatSpread({ low, high }: Spread): string {
  return low === high ? 'exact' : `${formatNumber(low)} … ${formatNumber(high)}`;
}

export function markdownOf({ id, title, text, rows, bars, unit }: Table): string {
  const figures = rows.map(
    ({ what, goal, stretch = '', figure, unit: of, verdict = '' }) =>
      `| ${what} | ${goal} | ${stretch} | ${formatNumber(figure.median)} ${of} | ${formatSpread(figure)} | ${verdict} |`,
  );
  const values = bars.map(({ label, value }) => `${label} ${formatNumber(value.median)}`).join(', ');
  return [
    `## ${title}`,
    '',
    text,
    '',
    '| what | goal | stretch | measured | spread | |',
    '| --- | --- | --- | --- | --- | --- |',
    ...figures,
    '',
    `![${title}](${id}.svg)`,
    '',
    `In ${unit}: ${values}.`,
    '',
  ].join('\n');
}
