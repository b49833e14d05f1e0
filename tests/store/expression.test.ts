import { expect, it } from 'vitest';
import { expr, path, toUpdate } from '../../lib/store/expression.ts';

const key = { pk: 'app1', sk: 'app' };

it('an update names every attribute once and every value apart, and no input is part of an expression', () => {
  const update = toUpdate({
    key,
    set: [expr`${path('keys', 'a b')} = ${{ name: 'x' }}`, expr`${path('rev')} = ${path('rev')} + ${1}`],
    remove: [path('lastUsed', 'a b'), path('removed', 'old')],
    where: [expr`attribute_exists(${path('pk')})`, expr`${path('rev')} = ${1} OR ${path('rev')} = ${null}`],
  });
  expect(update).toEqual({
    Key: key,
    UpdateExpression: 'SET #n0.#n1 = :v0, #n2 = #n2 + :v1 REMOVE #n3.#n1, #n4.#n5',
    ConditionExpression: '(attribute_exists(#n6)) AND (#n2 = :v2 OR #n2 = :v3)',
    ExpressionAttributeNames: {
      '#n0': 'keys',
      '#n1': 'a b',
      '#n2': 'rev',
      '#n3': 'lastUsed',
      '#n4': 'removed',
      '#n5': 'old',
      '#n6': 'pk',
    },
    ExpressionAttributeValues: { ':v0': { name: 'x' }, ':v1': 1, ':v2': 1, ':v3': null },
  });
});

it.each([[undefined], [[]]])('an update that removes nothing says nothing of it: %j', (remove) => {
  const set = [expr`${path('a')} = ${'segments'}`];
  const where = [expr`${path('a')} <> ${['x']}`];
  expect(toUpdate({ key, set, where, ...(remove && { remove }) })).toMatchObject({
    UpdateExpression: 'SET #n0 = :v0',
    ExpressionAttributeValues: { ':v0': 'segments', ':v1': ['x'] },
  });
});
