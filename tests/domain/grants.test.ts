import { describe, expect, it } from 'vitest';
import { grant, revoke } from '../../lib/domain/grants.ts';
import type { Action } from '../../lib/domain/policy.ts';
import { anApp, many, refusalOf } from '../support/apps.ts';

const app = anApp({ grants: { demo: ['manage'], worker: ['read', 'write'] } });
const withoutManager = anApp({ grants: { worker: ['write'] } });
const lastManager = {
  code: '409306',
  parts: {
    cause: 'The principal is the last one with manage on the application.',
    action: 'Grant manage to another principal first.',
  },
};

describe('granting', () => {
  it.each<[string, string, Action[]]>([
    ['one that had none', 'other', ['read']],
    ['one that had others', 'worker', ['manage']],
    ['one that had one more', 'worker', ['read']],
    ['one that had one less', 'worker', ['read', 'write', 'manage']],
    ['one that had as many others', 'worker', ['read', 'manage']],
    ['one that is named as something of every object', 'toString', ['read']],
  ])('gives %s exactly those rights', (_, principal, actions) => {
    expect(grant(app, principal, actions)).toStrictEqual({ ...app, grants: { ...app.grants, [principal]: actions } });
  });

  it.each<[Action[]]>([[['read', 'write']], [['write', 'read']]])('changes nothing where %j is held', (actions) => {
    expect(grant(app, 'worker', actions)).toBe(app);
  });

  it('409306 when the last manager would have less', () => {
    expect(refusalOf(() => grant(app, 'demo', ['write']))).toMatchObject(lastManager);
  });

  it('is done where there was no manager to begin with', () => {
    expect(grant(withoutManager, 'worker', ['read']).grants).toEqual({ worker: ['read'] });
  });

  it('409306 for the 101st principal, not for a change of the 100th', () => {
    const crowded = anApp({ grants: many<Action[]>(100, () => ['manage']) });
    expect(grant(crowded, 'entry99', ['read']).grants).toMatchObject({ entry99: ['read'] });
    expect(refusalOf(() => grant(crowded, 'other', ['read']))).toMatchObject({
      code: '409306',
      parts: {
        cause: 'The application has grants for 100 principals, which is the maximum.',
        action: 'Revoke the grant of another principal first.',
      },
    });
  });
});

describe('taking rights away', () => {
  it('leaves those of the others', () => {
    expect(revoke(app, 'worker')).toStrictEqual({ ...app, grants: { demo: ['manage'] } });
  });

  it.each(['other', 'toString'])('changes nothing where %s had none', (principal) => {
    expect(revoke(app, principal)).toBe(app);
  });

  it('409306 when nobody would be left to manage', () => {
    expect(refusalOf(() => revoke(app, 'demo'))).toMatchObject(lastManager);
  });

  it('is done where there was no manager to begin with', () => {
    expect(revoke(withoutManager, 'worker').grants).toEqual({});
  });
});
