/** When the time of a layer is up: a node of a deadline list. */
import type { DeadlineNode } from '../../hotpath/deadline-list.ts';

export class Deadline implements DeadlineNode {
  deadlineAt = 0;
  previous: DeadlineNode | null = null;
  next: DeadlineNode | null = null;
  readonly onDeadline: () => void;

  constructor(onDeadline: () => void) {
    this.onDeadline = onDeadline;
  }
}
