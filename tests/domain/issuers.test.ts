import { describe, expect, it } from 'vitest';
import { attachIssuer, detachIssuer } from '../../lib/domain/issuers.ts';
import { aKey, anApp, expiredKey, handle, now, refusalOf } from '../support/apps.ts';

const removal = { at: now, op: 'op-1' };
const issuers = (count: number) => Array.from({ length: count }, (_, index) => `https://issuer-${index}`);

describe('attaching a token issuer', () => {
  it('puts it after the others', () => {
    const app = anApp({ issuers: issuers(9) });
    const { issuers: attached } = attachIssuer(app, 'https://issuer-9', removal);
    expect(attached).toEqual(issuers(10));
  });

  it('removes expired keys that can be replaced', () => {
    const app = anApp({ keys: { [handle('a')]: expiredKey() } });
    expect(attachIssuer(app, 'https://issuer-0', removal)).toStrictEqual({
      ...app,
      issuers: ['https://issuer-0'],
      keys: {},
      keyCount: 0,
      sealed: expiredKey().createdTime,
      removed: { [handle('a')]: { ...removal, why: 'deleted' } },
    });
  });

  it('changes nothing where it is attached, be there as many as there can be', () => {
    const app = anApp({ issuers: issuers(10) });
    expect(attachIssuer(app, 'https://issuer-3', removal)).toBe(app);
  });

  it.each([
    [
      'there are keys beside expired ones',
      anApp({ keys: { [handle('a')]: expiredKey(), [handle('b')]: aKey() } }),
      'The application has API keys, so it cannot have token issuers.',
      'Delete the API keys of the application first.',
    ],
    [
      'it would be the eleventh',
      anApp({ issuers: issuers(10) }),
      'The application has 10 token issuers, which is the maximum.',
      'Detach another issuer first.',
    ],
  ])('409306 when %s', (_, app, cause, action) => {
    const refusal = refusalOf(() => attachIssuer(app, 'https://issuer-10', removal));
    expect(refusal).toMatchObject({ code: '409306', parts: { cause, action } });
  });
});

describe('detaching a token issuer', () => {
  const app = anApp({ issuers: issuers(3) });

  it('leaves the others', () => {
    expect(detachIssuer(app, 'https://issuer-1')).toStrictEqual({
      ...app,
      issuers: ['https://issuer-0', 'https://issuer-2'],
    });
  });

  it('changes nothing where it is not attached', () => {
    expect(detachIssuer(app, 'https://other')).toBe(app);
  });
});
