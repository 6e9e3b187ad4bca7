/** The `holdfast` command as a user's shell starts it: a process group of its own, from source. */
import { spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

const MAIN = fileURLToPath(new URL('../../src/surfaces/cli/main.ts', import.meta.url));

export class Holdfast {
  readonly process: ChildProcess;
  stdout = '';
  stderr = '';
  readonly #watchers = new Set<() => void>();
  /**
   * The exit code, null after a signal; once both outputs have ended. Processes it started inherit stderr, so this
   * never comes while one of them lives.
   */
  readonly exitCode: Promise<number | null>;

  constructor(args: readonly string[]) {
    const child = spawn(process.execPath, [MAIN, ...args], { detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    this.process = child;
    child.stdout.on('data', (text: Buffer) => this.#heard(() => (this.stdout += text.toString())));
    child.stderr.on('data', (text: Buffer) => this.#heard(() => (this.stderr += text.toString())));
    this.exitCode = new Promise((resolve) => void child.once('close', (code) => resolve(code)));
  }

  /** Resolves when either output has matched; rejects when the process ends before. */
  said(pattern: RegExp): Promise<void> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        if (pattern.test(this.stdout) || pattern.test(this.stderr)) resolve();
      };
      this.#watchers.add(look);
      look();
      void this.exitCode.then((code) => {
        reject(new Error(`expected ${pattern}, received exit code ${code} and:\n${this.stdout}${this.stderr}`));
      });
    });
  }

  /** To every process of the group, as Ctrl-C in a terminal. */
  signalGroup(signal: NodeJS.Signals): void {
    process.kill(-this.process.pid!, signal);
  }

  /**
   * True while any process of the group is there: the command itself, or one it started. An orphan that has ended
   * counts until the system reaps it; for those, wait for `exitCode`.
   */
  get isGroupAlive(): boolean {
    try {
      process.kill(-this.process.pid!, 0);
      return true;
    } catch {
      return false;
    }
  }

  #heard(append: () => void): void {
    append();
    for (const look of this.#watchers) look();
  }
}

/** Whatever a failing test leaves running ends with it. */
export function spawnHoldfast(...args: readonly string[]): Holdfast {
  const holdfast = new Holdfast(args);
  onTestFinished(() => {
    if (holdfast.isGroupAlive) holdfast.signalGroup('SIGKILL');
  });
  return holdfast;
}
