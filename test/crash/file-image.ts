/** What is in a file that is written here and there. Between its writes it is zeros, as on a disk. */
export class FileImage {
  #space: Buffer;
  #size: number;

  constructor(bytes: Buffer = Buffer.alloc(0)) {
    this.#space = bytes;
    this.#size = bytes.length;
  }

  get bytes(): Buffer {
    return this.#space.subarray(0, this.#size);
  }

  write(at: number, bytes: Buffer): void {
    this.resize(Math.max(this.#size, at + bytes.length));
    bytes.copy(this.#space, at);
  }

  resize(size: number): void {
    if (size > this.#space.length) {
      const space = Buffer.alloc(2 * size);
      this.bytes.copy(space);
      this.#space = space;
    }
    if (size < this.#size) this.#space.fill(0, size, this.#size);
    this.#size = size;
  }

  copy(): FileImage {
    return new FileImage(Buffer.from(this.bytes));
  }
}
