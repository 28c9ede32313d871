import { closeSync, existsSync, fsyncSync, openSync, rmSync, statfsSync, statSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

const pieceBytes = 1024 * 1024;

/**
 * Room that is held by a file so that it can be given back (Node §4): when the disk is full the file is removed, and
 * audit entries and reads go on in its place. `bytes` 0 holds nothing.
 */
export class Ballast {
  readonly #path: string;
  readonly #bytes: number;

  constructor(path: string, bytes: number) {
    this.#path = path;
    this.#bytes = bytes;
  }

  isHeld(): boolean {
    return this.#bytes > 0 && existsSync(this.#path) && statSync(this.#path).size === this.#bytes;
  }

  /** Takes the room where there is at least twice as much; says whether it holds it now. */
  hold(): boolean {
    if (this.#bytes === 0 || this.isHeld()) return true;
    rmSync(this.#path, { force: true });
    const disk = statfsSync(dirname(this.#path));
    if (disk.bavail * disk.bsize < 2 * this.#bytes) return false;
    try {
      this.#fill();
      return true;
    } catch {
      rmSync(this.#path, { force: true }); // Someone else took the room meanwhile: as if it had not been there.
      return false;
    }
  }

  /** Gives the room back; says whether there was any. */
  release(): boolean {
    const held = this.isHeld();
    rmSync(this.#path, { force: true });
    return held;
  }

  #fill(): void {
    const piece = new Uint8Array(Math.min(pieceBytes, this.#bytes));
    const file = openSync(this.#path, 'w', 0o600);
    try {
      for (let left = this.#bytes; left > 0;) left -= writeSync(file, piece, 0, Math.min(left, piece.length));
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
  }
}
