/**
 * `kill -9` at any moment, from before the file is opened on, and again, and again: HOLDFAST_KILL_ROUNDS times (20; 100
 * in `.ci/run`). The clock decides only where the kills fall. What must be true is true wherever they do.
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { seededRandom } from '../../src/testing/seeded-random.ts';
import { crashFolder } from './crash-folder.ts';
import { recover } from './recover.ts';

const STORING = fileURLToPath(new URL('./fixtures/storing.ts', import.meta.url));
/** More than it lives to do, and an end all the same, should nobody be left to kill it. */
const BATCHES = '20000';
const ROUNDS = Number(process.env['HOLDFAST_KILL_ROUNDS'] ?? 20);

interface End {
  /** The acknowledgements it is let live for, and how long after the last of them, or after it is about to open the file. */
  readonly acks: number;
  readonly ms: number;
}

/** Every other time before much can be acknowledged, and else in the middle of its work. */
function endOf(round: number, random: () => number): End {
  return round % 2 === 0 ? { acks: 0, ms: random() * 400 } : { acks: 1 + Math.floor(random() * 12), ms: random() * 30 };
}

/** out  the highest number it acknowledged; 0 for none */
async function killed(path: string, { acks, ms }: End): Promise<number> {
  const child = spawn(process.execPath, [STORING, path, 'batches', BATCHES, '{}'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let said = '';
  let isDoomed = false;
  child.stdout.on('data', (text: Buffer) => {
    said += text.toString();
    if (isDoomed || acksOf(said).length < acks) return;
    isDoomed = true;
    setTimeout(() => child.kill('SIGKILL'), ms);
  });
  const signal = await new Promise((resolve) => void child.once('close', (_code, by) => resolve(by)));
  expect(signal).toBe('SIGKILL');
  return acksOf(said).at(-1) ?? 0;
}

/** The last line may be cut. */
function acksOf(said: string): readonly number[] {
  return [...said.matchAll(/^ACK (\d+)\n/gm)].map(([, number]) => Number(number));
}

test(
  `P1 M2 M9, fault 14: ${ROUNDS} times killed with -9, what was acknowledged is there, once, and the totals only grow`,
  { timeout: 60_000 + ROUNDS * 5_000 },
  async () => {
    const path = join(crashFolder(), 'sea.db');
    const random = seededRandom(1, 'kill');
    let before = 0;

    for (let round = 1; round <= ROUNDS; round++) {
      const acknowledged = await killed(path, endOf(round, random));
      const { batches, complaints } = await recover(path);

      expect({ round, complaints }).toEqual({ round, complaints: [] });
      expect(batches).toBeGreaterThanOrEqual(Math.max(before, acknowledged));
      before = batches + 1; // one more came with the recovery
    }
    expect(before).toBeGreaterThan(2 * ROUNDS);
  },
);
