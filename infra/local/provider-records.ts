import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { Adapter, AdapterPayload } from 'oidc-provider';

interface Stored {
  readonly payload: AdapterPayload;
  /** ms since the Unix epoch */
  readonly expiresAt: number;
}

/**
 * Stores the records of the identity provider (sessions, codes, refresh tokens) in a file. Users stay signed in after a
 * restart.
 * @returns the factory with which the provider creates an adapter for each kind of record
 */
export function openProviderRecords(file: string): (kind: string) => Adapter {
  const records = read(file);
  const write = () => {
    for (const [key, { expiresAt }] of records) if (expiresAt < Date.now()) records.delete(key);
    writeFileSync(`${file}.new`, JSON.stringify([...records]), { mode: 0o600 });
    renameSync(`${file}.new`, file);
  };
  return (kind) => {
    const find = (is: (payload: AdapterPayload) => boolean) =>
      [...records].find(
        ([key, stored]) => key.startsWith(`${kind}:`) && stored.expiresAt > Date.now() && is(stored.payload),
      )?.[1].payload;
    return {
      async upsert(id, payload, expiresInSeconds) {
        records.set(`${kind}:${id}`, { payload, expiresAt: Date.now() + (expiresInSeconds ?? 86_400) * 1_000 });
        write();
      },
      find: async (id) => {
        const stored = records.get(`${kind}:${id}`);
        return stored && stored.expiresAt > Date.now() ? stored.payload : undefined;
      },
      findByUid: async (uid) => find((payload) => payload.uid === uid),
      findByUserCode: async (userCode) => find((payload) => payload.userCode === userCode),
      async consume(id) {
        const stored = records.get(`${kind}:${id}`);
        if (stored) stored.payload.consumed = Math.floor(Date.now() / 1_000);
        write();
      },
      async destroy(id) {
        records.delete(`${kind}:${id}`);
        write();
      },
      async revokeByGrantId(grantId) {
        for (const [key, { payload }] of records) if (payload.grantId === grantId) records.delete(key);
        write();
      },
    };
  };
}

/** An invalid file counts as missing. All users then sign in again. */
function read(file: string): Map<string, Stored> {
  try {
    const records = new Map(JSON.parse(readFileSync(file, 'utf8')));
    return [...records].every(isRecord) ? (records as Map<string, Stored>) : new Map();
  } catch {
    return new Map();
  }
}

function isRecord([key, value]: [unknown, unknown]): boolean {
  const { payload, expiresAt } = (value ?? {}) as Partial<Stored>;
  return typeof key === 'string' && typeof payload === 'object' && payload !== null && Number.isFinite(expiresAt);
}
