import { randomUUID } from 'node:crypto';
import { inject } from 'vitest';
import type { TestProject } from 'vitest/node';
import { messageOf } from '../../infra/local/command-line.ts';
import { type Engine, startDynalite } from '../../infra/local/dynalite.ts';
import { startDynamodbLocal } from '../../infra/local/dynamodb-local.ts';
import { createTable } from '../../infra/local/table.ts';

type EngineName = 'dynalite' | 'dynamodb-local';

declare module 'vitest' {
  interface ProvidedContext {
    /** URL of the running database */
    endpoint: string;
    engine: EngineName;
  }
}

const engines: Record<EngineName, () => Promise<Engine>> = {
  dynalite: () => startDynalite(),
  'dynamodb-local': () => startDynamodbLocal(),
};

/** Vitest's global set-up: starts the database that the environment variable ENGINE names. Answers with its end. */
export async function setup({ provide }: Pick<TestProject, 'provide'>): Promise<() => Promise<void>> {
  try {
    const engine = parseEngineName(process.env.ENGINE || 'dynalite');
    const { endpoint, stop } = await engines[engine]();
    provide('endpoint', endpoint);
    provide('engine', engine);
    return stop;
  } catch (error) {
    console.error(messageOf(error));
    process.exit(1);
  }
}

/** A new, empty table. */
export async function freshTable(): Promise<{ endpoint: string; tableName: string }> {
  const [endpoint, tableName] = [inject('endpoint'), `appkeys-${randomUUID()}`];
  await createTable(endpoint, tableName);
  return { endpoint, tableName };
}

function parseEngineName(text: string): EngineName {
  if (text === 'dynalite' || text === 'dynamodb-local') return text;
  throw new Error(`ENGINE must be dynalite or dynamodb-local, not ${text}.`);
}
