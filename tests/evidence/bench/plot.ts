import { type Bar, formatNumber, type Table } from './report.ts';

const width = 760;
const labels = 210;
const figures = 90;
const rowHeight = 34;
const top = 48;

const style = `
  text { font: 13px system-ui, sans-serif; fill: #1f2328 }
  .title { font-weight: 600 } .quiet { fill: #59636e }
  .ours { fill: #0969da } .peer { fill: #afb8c1 }
  .spread { stroke: #1f2328; stroke-width: 1.5 } .goal { stroke: #bc4c00; stroke-width: 2; stroke-dasharray: 3 2 }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 } .quiet { fill: #9198a1 }
    .ours { fill: #4493f8 } .peer { fill: #57606a }
    .spread { stroke: #e6edf3 } .goal { stroke: #f0883e }
  }`;

/** @returns a table's bars as SVG, readable on light and dark ground; a broken line is a goal */
export function plotOf({ title, unit, bars }: Table): string {
  const scale = scaleOf(bars);
  const height = top + bars.length * rowHeight + 8;
  const heading = `${title}, ${unit}${scale.isLogarithmic ? ', logarithmic' : ''}`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img">
<title>${escapeXml(heading)}</title>
<style>${style}
</style>
<text class="title" x="8" y="24">${escapeXml(heading)}</text>
${bars.map((bar, index) => drawn(bar, top + index * rowHeight, scale.at)).join('\n')}
</svg>
`;
}

interface Scale {
  readonly isLogarithmic: boolean;
  at(value: number): number;
}

/** Logarithmic where the smallest bar could not be seen. */
function scaleOf(bars: readonly Bar[]): Scale {
  const ends = bars.flatMap(({ value, mark = 0 }) => [value.high, mark]);
  const max = Math.max(...ends);
  const min = Math.min(...bars.map(({ value }) => value.low));
  const isLogarithmic = max / min > 25;
  const part = (value: number) =>
    isLogarithmic ? Math.log(value / (min / 2)) / Math.log(max / (min / 2)) : value / max;
  const at = (value: number) => labels + Math.max(0, part(value)) * (width - labels - figures);
  return { isLogarithmic, at };
}

function drawn({ label, value, isOurs, mark }: Bar, y: number, at: Scale['at']): string {
  const middle = y + 11;
  const line = (kind: string, x1: number, y1: number, x2: number, y2: number) =>
    `<line class="${kind}" x1="${x1.toFixed(1)}" y1="${y1}" x2="${x2.toFixed(1)}" y2="${y2}"/>`;
  const end = Math.max(at(value.high), mark === undefined ? 0 : at(mark));
  return [
    `<text x="${labels - 10}" y="${y + 16}" text-anchor="end">${escapeXml(label)}</text>`,
    `<rect class="${isOurs ? 'ours' : 'peer'}" x="${labels}" y="${y}" width="${(at(value.median) - labels).toFixed(1)}" height="22" rx="2"/>`,
    ...(value.low === value.high ? [] : [line('spread', at(value.low), middle, at(value.high), middle)]),
    ...(mark === undefined ? [] : [line('goal', at(mark), y - 3, at(mark), y + 25)]),
    `<text class="quiet" x="${(end + 8).toFixed(1)}" y="${y + 16}">${formatNumber(value.median)}</text>`,
  ].join('\n');
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
