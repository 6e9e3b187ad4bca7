/** Whether new work is taken. One for a runtime, shared by everything that takes work. */
import { HoldfastError } from './errors.ts';

export class Intake {
  #isOpen = true;

  get isOpen(): boolean {
    return this.#isOpen;
  }

  close(): void {
    this.#isOpen = false;
  }

  /** The error for who comes too late. */
  stopped(what: string): HoldfastError {
    return new HoldfastError('STOPPED', `${what}: expected a runtime that runs, received one that was stopped`, {
      component: what,
    });
  }
}
