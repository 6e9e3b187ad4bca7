/** `holdfast demo`: the stage, somebody watching it, and an end. */
import { endSignal } from '../signals.ts';
import { openView } from '../terminal/view.ts';
import { openStage } from './stage.ts';

const REDRAW_MS = 250;

export interface DemoOptions {
  readonly port: number;
  /** Absent: until somebody ends it. */
  readonly seconds?: number;
  readonly json: boolean;
  /** The file of the store; with `json` each batch that is in it is said on stderr. */
  readonly store?: string;
}

/** throws  LISTEN_FAILED when the port is taken; nothing runs then */
export async function runDemo({ port, seconds, json, store }: DemoOptions): Promise<void> {
  const output = json ? process.stderr : process.stdout;
  const view = openView(output, process.env['NO_COLOR']);
  const end = endSignal(() => view.close());
  try {
    const stage = await openStage(port, store, (line) => void output.write(`${line}\n`));
    if (json)
      stage.runtime.events.on('store.committed', ({ batch, records }) => {
        process.stderr.write(`committed ${batch} ${records}\n`);
      });
    const beganMs = stage.runtime.env.now();
    const redraw = setInterval(() => {
      view.show(stage.runtime.readings(), Math.floor((stage.runtime.env.now() - beganMs) / 1_000));
    }, REDRAW_MS);
    await over(seconds, end, output);
    clearInterval(redraw);
    const report = await stage.end();
    view.close();
    if (json) process.stdout.write(`${JSON.stringify(report)}\n`);
  } finally {
    view.close();
  }
}

/** Resolves when the time is up, somebody asked for the end, or nobody reads any more (`holdfast demo | head`). */
function over(seconds: number | undefined, end: AbortSignal, output: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    const timer = seconds === undefined ? undefined : setTimeout(finish, seconds * 1_000);
    end.addEventListener('abort', finish);
    output.on('error', finish); // and stays: later writes to a closed pipe must not be uncaught
    if (end.aborted) finish();

    function finish(): void {
      clearTimeout(timer);
      end.removeEventListener('abort', finish);
      resolve();
    }
  });
}
