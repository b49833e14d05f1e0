import { describe, expect, it } from 'vitest';
import { formatApiKeyId, handleOf } from '../../../lib/domain/api-key-id.ts';
import { loggedOf, verify } from '../../../lib/service/use-cases/verify.ts';
import { systemClock, Verifier } from '../../../lib/verification/verifier.ts';
import { aKey, anApp } from '../../support/apps.ts';
import { scriptedTable } from '../../support/scripted-table.ts';

const { appId } = anApp();
const apiKeyId = formatApiKeyId('ak', appId, new Uint8Array(32));
const handle = handleOf(apiKeyId);
const apiKey = `hrn:olp:account::myrealm:apikey/${handle}`;
const identity = `hrn:olp:account::myrealm:app/${appId}`;

/** A verifier of a process that has just started, and of an application that has one key. */
function newVerifier({ enabled }: { enabled: boolean }): { verifier: Verifier } {
  const settings = { partition: 'olp', prefixes: ['ak'], cacheSeconds: 10, lastUsedSeconds: undefined };
  const table = scriptedTable(anApp({ keys: { [handle]: aKey({ enabled }) } }));
  return { verifier: new Verifier(table, settings, systemClock) };
}

describe('a key that is looked at', () => {
  it('is valid: which key of which application, to the caller and to the log', async () => {
    const { verification, logged } = await verify(newVerifier({ enabled: true }), { apiKeyId });
    expect(verification).toMatchObject({ valid: true, apiKey, identity });
    expect(logged).toStrictEqual({ result: 'valid', app: identity, keyHrn: apiKey, appId, handle });
  });

  it('is not: the reason, and what of a well-formed key is no secret', async () => {
    const { verification, logged } = await verify(newVerifier({ enabled: false }), { apiKeyId });
    expect(verification).toEqual({ valid: false, reason: 'disabled' });
    expect(logged).toStrictEqual({ result: 'disabled', appId, handle });
  });

  it('is none: nothing of it goes to the log', async () => {
    expect((await verify(newVerifier({ enabled: true }), { apiKeyId: 'x' })).logged).toStrictEqual({
      result: 'malformed',
    });
    const check = { verification: { valid: false, reason: 'malformed' }, isCached: false } as const;
    expect(loggedOf({ ...check, appId })).toStrictEqual({ result: 'malformed' });
    expect(loggedOf({ ...check, handle })).toStrictEqual({ result: 'malformed' });
  });

  it('is unknown to who asks for another realm', async () => {
    const verifier = newVerifier({ enabled: true });
    expect((await verify(verifier, { apiKeyId }, 'other')).verification).toEqual({ valid: false, reason: 'unknown' });
    expect((await verify(verifier, { apiKeyId }, 'myrealm')).verification.valid).toBe(true);
  });

  it('is counted, with how long it took, and whether it was remembered', async () => {
    const verifier = newVerifier({ enabled: true });
    for (const hits of [0, 1]) {
      const startedAt = performance.now();
      const { metrics, logged } = await verify(verifier, { apiKeyId });
      expect(metrics).toMatchObject([
        { name: 'Verifications', value: 1 },
        { name: 'CacheHits', value: hits },
        { name: 'VerificationLatency', unit: 'Milliseconds' },
      ]);
      expect(metrics[2]?.value).toBeGreaterThan(0);
      expect(metrics[2]?.value).toBeLessThanOrEqual(performance.now() - startedAt);
      expect(logged.cached).toBe(hits ? 'true' : undefined);
    }
  });
});
