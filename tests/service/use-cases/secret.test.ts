import { createHmac } from 'node:crypto';
import { expect, it } from 'vitest';
import { handleOf } from '../../../lib/domain/api-key-id.ts';
import type { ApiError } from '../../../lib/domain/errors.ts';
import { repeatable, requestId } from '../../../lib/domain/idempotency.ts';
import { replay } from '../../../lib/service/use-cases/generate.ts';
import { makeSecret, repeatSecret } from '../../../lib/service/use-cases/secret.ts';
import { aKey, anApp, handle, now } from '../../support/apps.ts';
import { fakeDeadline } from '../../support/fake-deadline.ts';

const request = repeatable(requestId(['demo', 'key']), { name: 'x' });
const of = { prefix: 'ak', appId: 'app', now };

/** Makes bytes under a service key, which is asked no longer than the request may take. */
function makerOf(serviceKey: string) {
  const mac = async (message: Uint8Array, withinMs: number) => {
    expect(withinMs).toBe(8_000);
    return createHmac('sha256', serviceKey).update(message).digest();
  };
  return { mac, deadline: fakeDeadline() };
}

it('each secret is another one, and names its application', async () => {
  const [first, second] = [
    await makeSecret(of, undefined, makerOf('k')),
    await makeSecret(of, undefined, makerOf('k')),
  ];
  expect(first).toEqual({ apiKeyId: expect.stringMatching(/^ak_app_/), handle: handleOf(first.apiKeyId) });
  expect(second.handle).not.toBe(first.handle);
});

it('the secret of a request that may be repeated can be had again from its record, in which it is not', async () => {
  const { apiKeyId, handle, record = expect.fail() } = await makeSecret(of, request, makerOf('k'));
  expect(record).toEqual({ at: now, bodyHash: request.bodyHash, salt: expect.any(String), handle, prefix: 'ak' });
  expect(Buffer.from(record.salt, 'base64')).toHaveLength(32);
  expect(await repeatSecret(record, 'app', request, makerOf('k'))).toBe(apiKeyId);
});

it('it cannot be had under another service key', async () => {
  const { record = expect.fail() } = await makeSecret(of, request, makerOf('k'));
  await expect(repeatSecret(record, 'app', request, makerOf('other'))).rejects.toThrow(
    'the service key is not the one that the recorded secret was made with',
  );
});

it('503000, with nothing changed, when the time of the request is over', async () => {
  const late = { ...makerOf('k'), deadline: { ...fakeDeadline(), at: 0 } };
  const refusal = await makeSecret(of, request, late).catch((error: unknown) => error);
  expect(refusal).toMatchObject({ code: '503000', parts: { retryAfterSeconds: 1 } });
  expect((refusal as ApiError).parts).not.toHaveProperty('cause');
});

it('nothing is repeated for a request that may not be', async () => {
  const context = { ...makerOf('k'), settings: {} as never };
  const again = replay(context, { app: anApp(), request: undefined }, { key: aKey(), handle: handle('a') });
  await expect(again).rejects.toThrow('there is nothing to repeat');
});
