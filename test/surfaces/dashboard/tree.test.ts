import { expect, test } from 'vitest';
import { treeOf } from '../../../src/surfaces/dashboard/tree.ts';

test('paths hang below their parents, in the order given', () => {
  const tree = treeOf({ root: 1, 'root/core': 2, 'root/surfaces': 3, 'root/core/payments': 4 });

  expect(tree).toEqual([
    {
      path: 'root',
      id: 'root',
      value: 1,
      below: [
        {
          path: 'root/core',
          id: 'core',
          value: 2,
          below: [{ path: 'root/core/payments', id: 'payments', value: 4, below: [] }],
        },
        { path: 'root/surfaces', id: 'surfaces', value: 3, below: [] },
      ],
    },
  ]);
});

test('a child that is named before its parent still hangs below it, once', () => {
  const [root, ...others] = treeOf({ 'root/core/payments': 4, root: 1 });

  expect(others).toEqual([]);
  expect(root).toMatchObject({
    value: 1,
    below: [{ id: 'core', value: undefined, below: [{ id: 'payments', value: 4 }] }],
  });
});
