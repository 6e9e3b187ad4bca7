/**
 * A drive with a cache: what was synced is on it for ever, and of the rest anything may be missing after a power failure.
 *
 * A write is torn at the bounds of sectors, any of which may be there. A later step may be there without an earlier one,
 * which is what a cache does. That a file exists is taken to be durable with its first bytes; that it was removed, only
 * when its folder was synced, or a new file of its name.
 */
import type { DiskStep } from './disk-log.ts';
import { FileImage } from './file-image.ts';

const SECTOR = 512;

/** What its files hold, by their names. */
export type Disk = ReadonlyMap<string, Buffer>;
type Change = Exclude<DiskStep, { kind: 'sync' | 'syncFolder' | 'ack' }>;
type Images = Map<string, FileImage>;

export class Drive {
  readonly #synced: Images;
  #cached: Change[] = [];
  #acknowledged = 0;

  /** in  disk   what is on it to begin with */
  constructor(disk: Disk = new Map()) {
    this.#synced = new Map([...disk].map(([file, bytes]) => [file, new FileImage(bytes).copy()]));
  }

  /** The highest number acknowledged so far; 0 before the first. */
  get acknowledged(): number {
    return this.#acknowledged;
  }

  take(step: DiskStep): void {
    if (step.kind === 'ack') this.#acknowledged = Math.max(this.#acknowledged, step.number);
    else if (step.kind === 'sync') this.#sync(step.file);
    else if (step.kind === 'syncFolder') this.#syncFolder();
    else this.#cached.push(step);
  }

  /** As the next process sees it, when only this one ended. */
  get whole(): Disk {
    return this.#with((images) => this.#cached.forEach((change) => apply(images, change)));
  }

  /** The least there can be. */
  get synced(): Disk {
    return this.#with();
  }

  /**
   * One of the disks there may be after a power failure. Half of the time the cache was being written out in order, and
   * half of the time in any order.
   *
   * in  random   uniform in [0, 1)
   */
  afterPowerLoss(random: () => number): Disk {
    const isInOrder = random() < 0.5;
    const share = random();
    const end = Math.floor(share * (this.#cached.length + 1));
    return this.#with((images) => {
      for (const [index, change] of this.#cached.entries()) {
        const isThere = isInOrder ? index < end : random() < share;
        const isTorn = !isThere && (isInOrder ? index === end : random() < 0.5);
        if (isThere) apply(images, change);
        else if (isTorn) tear(images, change, random);
      }
    });
  }

  #sync(file: string): void {
    for (const change of this.#cached) if (change.file === file) apply(this.#synced, change);
    this.#cached = this.#cached.filter((change) => change.file !== file);
  }

  #syncFolder(): void {
    for (const { kind, file } of this.#cached) if (kind === 'remove') this.#synced.delete(file);
    this.#cached = this.#cached.filter(
      ({ file }, index) =>
        !this.#cached.some((later, at) => at >= index && later.kind === 'remove' && later.file === file),
    );
  }

  #with(change: (images: Images) => void = () => {}): Disk {
    const images = new Map([...this.#synced].map(([file, image]) => [file, image.copy()]));
    change(images);
    return new Map([...images].map(([file, { bytes }]) => [file, bytes]));
  }
}

function apply(images: Images, change: Change): void {
  switch (change.kind) {
    case 'remove':
      return void images.delete(change.file);
    case 'truncate':
      return imageOf(images, change.file).resize(change.size);
    case 'write':
      return imageOf(images, change.file).write(change.at, change.bytes);
  }
}

/** Some of a write's sectors. A truncation or a removal is done or not. */
function tear(images: Images, change: Change, random: () => number): void {
  if (change.kind !== 'write') return;
  const { at, bytes } = change;
  for (let from = 0; from < bytes.length;) {
    const to = Math.min(bytes.length, from + SECTOR - ((at + from) % SECTOR));
    if (random() < 0.5) imageOf(images, change.file).write(at + from, bytes.subarray(from, to));
    from = to;
  }
}

function imageOf(images: Images, file: string): FileImage {
  let image = images.get(file);
  if (image === undefined) images.set(file, (image = new FileImage()));
  return image;
}
