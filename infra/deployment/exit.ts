import { stop } from 'esbuild';

/** The framework prints a page about an error, and after a bundling error it never ends. */
export function exitWithOneLine(error: Error): never {
  console.error(`Error: ${error.message.replace(/\s*\n\s*/g, ' ')}`);
  stop(); // Otherwise esbuild's process can print a stack trace when this process exits.
  process.exit(1);
}
