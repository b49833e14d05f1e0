import { printable } from './terminal.ts';

const longest = 100;
/** Characters that are two columns wide. */
const wide = /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Hangul}\p{Emoji_Presentation}\uFF01-\uFF60]/gu;

/** @returns the rows as lines with aligned columns */
export function formatTable(rows: ReadonlyArray<readonly string[]>): string {
  const shown = rows.map((row) => row.map((cell) => shorten(printable(cell))));
  const widths = (shown[0] ?? []).map((_, column) => Math.max(...shown.map((row) => widthOf(row[column] ?? ''))));
  return shown
    .map((row) =>
      row
        .map((cell, column) => pad(cell, widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** @returns one row for each element of a list; the first row has the name of the list */
export function listRows(name: string, elements: readonly string[] = []): string[][] {
  return elements.map((element, index) => [index === 0 ? name : '', element]);
}

function shorten(text: string): string {
  const characters = [...text];
  return characters.length > longest ? `${characters.slice(0, longest - 1).join('')}…` : text;
}

function pad(text: string, width: number): string {
  return text + ' '.repeat(width - widthOf(text));
}

function widthOf(text: string): number {
  return [...text].length + (text.match(wide)?.length ?? 0);
}
