import { type ApiKey, type App, type Client, everyItem } from '../client/client.ts';
import { formatTable } from './table.ts';
import { UsageError } from './terminal.ts';

/**
 * @param text an application's HRN, or its name or id, which one application alone must have
 * @returns the application's HRN
 * @throws UsageError when several have that name, Error when none has it
 */
export async function findApp(client: Client, text: string): Promise<string> {
  if (text.startsWith('hrn:')) return text;
  const found: App[] = [];
  for await (const app of everyItem(client.listApps)) if ([app.name, app.clientId].includes(text)) found.push(app);
  const rows = found.map(({ hrn, name, createdTime }) => ({ hrn, name, createdTime }));
  return theOnly(rows, 'application that you may see');
}

/**
 * @param text a key's HRN, or its name, which one key of the application alone must have
 * @returns the key's HRN
 * @throws UsageError when several have that name, Error when none has it
 */
export async function findApiKey(client: Client, app: string, text: string): Promise<string> {
  if (text.startsWith('hrn:')) return text;
  const found: ApiKey[] = [];
  for await (const key of everyItem(client.listApiKeys, { app })) if (key.name === text) found.push(key);
  const rows = found.map(({ apiKey, name, createdTime }) => ({ hrn: apiKey, name, createdTime }));
  return theOnly(rows, 'key of this application');
}

interface Named {
  readonly hrn: string;
  readonly name: string;
  readonly createdTime: number;
}

/** The name is not repeated: it could be a secret in the wrong place. */
function theOnly([first, ...others]: readonly Named[], what: string): string {
  if (first === undefined) throw new Error(`No ${what} has this name.`);
  if (others.length === 0) return first.hrn;
  const rows = [first, ...others].map(({ hrn, name, createdTime }) => [name, new Date(createdTime).toISOString(), hrn]);
  throw new UsageError(`More than one ${what} has this name. Give the HRN:\n${formatTable(rows)}`);
}
