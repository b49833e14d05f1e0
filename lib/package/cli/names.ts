import { type ApiKey, type App, type Client, everyItem } from '../client/client.ts';
import { everyPage } from '../client/every-item.ts';
import { formatTable } from './table.ts';
import { UsageError } from './terminal.ts';

/**
 * Finds the application that a text names. An ID has priority over a name. A name finds only applications that the
 * caller created. Otherwise, another principal could create an application of that name and grant the caller rights on
 * it.
 * @param text an application's HRN, its ID, or its name
 * @returns the application's HRN
 * @throws UsageError when the caller created several applications of that name, or only other principals created one;
 * Error when none exists
 */
export async function findApp(client: Client, text: string): Promise<string> {
  if (text.startsWith('hrn:')) return text;
  const own: App[] = [];
  const others: App[] = [];
  for await (const { principal, items } of everyPage(client.listApps)) {
    const withId = items.find(({ clientId }) => clientId === text);
    if (withId) return withId.hrn;
    for (const app of items) if (app.name === text) (app.createdBy === principal ? own : others).push(app);
  }
  if (own.length === 0 && others.length > 0) throw onlyOthers(others);
  const rows = own.map(({ hrn, name, createdTime }) => ({ hrn, name, createdTime }));
  const what = own.length > 0 ? 'application that you created' : 'application that you can see';
  return theOnly(rows, what, 'appkeys apps list');
}

function onlyOthers(apps: readonly App[]): UsageError {
  const rows = apps.map(({ clientId, name, createdBy }) => [clientId, name, createdBy]);
  return new UsageError(
    `You created no application with this name, but others did. To use one of theirs, pass its ID:\n${formatTable([['ID', 'NAME', 'CREATED BY'], ...rows])}`,
  );
}

/**
 * @param text a key's HRN, or a name that only one key of the application has
 * @returns the key's HRN
 * @throws UsageError when several keys have that name, Error when no key has it
 */
export async function findApiKey(client: Client, app: string, text: string): Promise<string> {
  if (text.startsWith('hrn:')) return text;
  const found: ApiKey[] = [];
  for await (const key of everyItem(client.listApiKeys, { app })) if (key.name === text) found.push(key);
  const rows = found.map(({ apiKey, name, createdTime }) => ({ hrn: apiKey, name, createdTime }));
  return theOnly(rows, 'key of this application', 'appkeys keys list');
}

interface Named {
  readonly hrn: string;
  readonly name: string;
  readonly createdTime: number;
}

/**
 * The message does not repeat the name, because it could be a secret in the wrong place.
 * @param list the command that lists the names
 */
function theOnly([first, ...others]: readonly Named[], what: string, list: string): string {
  if (first === undefined) throw new Error(`No ${what} has this name. "${list}" shows the names.`);
  if (others.length === 0) return first.hrn;
  const rows = [first, ...others].map(({ hrn, name, createdTime }) => [name, new Date(createdTime).toISOString(), hrn]);
  throw new UsageError(`More than one ${what} has this name. Pass the HRN:\n${formatTable(rows)}`);
}
