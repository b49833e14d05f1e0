declare module 'dynalite' {
  import type { Server } from 'node:http';

  /** A DynamoDB look-alike. `path` is its folder on disk. Without `path`, all data is in memory. */
  function dynalite(options: { path?: string; createTableMs?: number; deleteTableMs?: number }): Server;
  export = dynalite;
}
