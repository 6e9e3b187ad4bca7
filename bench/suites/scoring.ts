/** Scoring 100,000 breakers takes at most 100 µs, a fifth of the same in JavaScript, and says the same. */
import { openKernel, type ScoreSum } from '../../src/hotpath/kernel.ts';
import { allocateMemory, type SharedMemory } from '../../src/hotpath/memory.ts';
import { type Columns, columnsOf, objectsOf, scoreColumns, scoreObjects } from '../against/javascript.ts';
import { type Contestant, OURS } from '../contestant.ts';
import { fillSlots } from '../fill-slots.ts';
import { inTurn } from '../in-turn.ts';
import { race } from '../race.ts';
import type { Suite } from '../suite.ts';

const NOW_MS = 1_000;
const BATCH = 10;

export const scoringSuite: Suite = {
  run(plan, progress) {
    const many = filled(100_000);
    const objects = objectsOf(many.columns, many.used);
    const inJs = { way: 'returns', expects: right(many), read: rounded, batch: BATCH } as const;
    const contestants: Contestant[] = [
      inWasm(many),
      { ...inJs, name: 'the same in JS', call: () => scoreColumns(many.columns, many.used, NOW_MS) },
      { ...inJs, name: 'objects in JS', call: () => scoreObjects(objects, NOW_MS) },
    ];
    return inTurn(progress, [
      (part) => race('scoring 100,000 slots', contestants, plan, part),
      (part) => race('scoring 1,000,000 slots', [inWasm(filled(1_000_000))], plan, part),
    ]);
  },
};

interface Filled {
  readonly memory: SharedMemory;
  readonly columns: Columns;
  readonly used: number;
}

function filled(used: number): Filled {
  const memory = allocateMemory({ slots: used, blockBytes: 64, ringRecords: 16, groups: 16 });
  fillSlots(memory, used);
  return { memory, columns: columnsOf(memory), used };
}

function inWasm(given: Filled): Contestant {
  const kernel = openKernel(given.memory);
  return {
    name: OURS,
    way: 'returns',
    expects: right(given),
    read: rounded,
    call: () => kernel.score(given.used, NOW_MS),
    batch: BATCH,
  };
}

function right({ columns, used }: Filled): string {
  return rounded(scoreColumns(columns, used, NOW_MS));
}

/** The contestants add in different orders: equal to nine digits is equal. */
function rounded({ sum, min, count }: ScoreSum): string {
  return `sum ${sum.toPrecision(9)}, min ${min.toPrecision(9)}, of ${count}`;
}
