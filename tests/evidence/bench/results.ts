import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import type { Figures } from './report.ts';

export const partNames = ['verify', 'bundles', 'start', 'cpu', 'turns', 'load'] as const;
export type PartName = (typeof partNames)[number];

/** The figures of one part, and what they were measured on. */
export interface Part extends Figures {
  readonly machine: string;
  /** of `--rounds` */
  readonly rounds: number;
  /** how many processes of others were ready to run when the bench began */
  readonly load: number;
}

export type Results = Readonly<Record<PartName, Part>>;

const file = join(import.meta.dirname, 'results.json');

export function readResults(): Results {
  return JSON.parse(readFileSync(file, 'utf8'));
}

export function writeResults(results: Results): void {
  const short = (_: string, value: unknown) => (typeof value === 'number' ? Number(value.toPrecision(6)) : value);
  writeFileSync(file, `${JSON.stringify(results, short, 2)}\n`);
}

export function describeMachine(): string {
  const processors = cpus();
  const gigabytes = Math.round(totalmem() / 2 ** 30);
  const processor = `${processors.length} × ${processors[0]?.model.trim()}`;
  return `${process.platform} ${process.arch}, ${processor}, ${gigabytes} GB, Node.js ${process.version}`;
}
