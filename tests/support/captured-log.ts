import { vi } from 'vitest';

export interface CapturedLog {
  records(): Record<string, unknown>[];
  lines(): string[];
}

/** Keeps what is written to stdout, which is the log, from now on. */
export function captureLog(): CapturedLog {
  const written: string[] = [];
  vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => written.push(String(chunk)) > 0);
  const lines = () => written.join('').split('\n').filter(Boolean);
  return { lines, records: () => lines().map((line) => JSON.parse(line)) };
}
