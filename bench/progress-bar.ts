/** Says on stderr how far a run is: a bar that is drawn over where there is a terminal, else a line for each suite. */
import type { WriteStream } from 'node:tty';

const WIDTH = 30;
const CLEAR = '\r\u001B[K';

export interface ProgressBar {
  /** in  share   of the whole run, 0…1 */
  show(suite: string, share: number): void;
  end(): void;
}

export function progressBar(stream: Pick<WriteStream, 'write' | 'isTTY'>): ProgressBar {
  let current = '';
  return {
    show(suite, share) {
      if (!stream.isTTY) {
        if (suite !== current) stream.write(`bench: ${suite}\n`);
        current = suite;
        return;
      }
      const full = Math.round(share * WIDTH);
      stream.write(`${CLEAR}${'█'.repeat(full)}${'░'.repeat(WIDTH - full)} ${suite}`);
    },
    end() {
      if (stream.isTTY) stream.write(CLEAR);
    },
  };
}
