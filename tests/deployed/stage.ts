import type { App, Client } from '../../lib/package/client/client.ts';
import type { Outcome } from '../support/command-line.ts';

/** A service that runs, here or on AWS, as the cases of this folder use it. */
export interface Stage {
  readonly url: string;
  readonly client: Client;
  /** Runs the command line against it. */
  appkeys(args: string[], env?: Record<string, string>, input?: string): Promise<Outcome>;
  /** @returns a name that no other application has */
  newName(): string;
}

export function newApp({ client, newName }: Stage): Promise<App> {
  return client.createApp({ name: newName() });
}

/** The cases of a file get at it while they run. */
export type GetStage = () => Stage;
