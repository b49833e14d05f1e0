/** One log record; whoever adds a field sees to it that it is no secret. */
export type LogRecord = Readonly<Record<string, unknown>> & { readonly event: string };

/** Writes a record as one line of JSON. */
export function log(record: LogRecord): void {
  process.stdout.write(`${formatLogLine({ time: new Date().toISOString(), ...record })}\n`);
}

/** JSON leaves U+2028 and U+2029 as they are, which some readers of logs take for line ends. */
export function formatLogLine(record: object): string {
  return JSON.stringify(record).replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029');
}

/** @returns an error in one line, without its stack */
export function formatWhy(why: unknown): string | undefined {
  if (why === undefined || typeof why === 'string') return why;
  if (!(why instanceof Error)) return 'something that is no Error was thrown';
  // The name of a library's class is short for nothing once it is minified; its code stays.
  const { code } = why as { code?: unknown };
  return `${typeof code === 'string' ? code : why.name}: ${why.message}`;
}
