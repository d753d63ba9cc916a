// Stored bytes on their way in where some of them are known late: a length that stands before what it counts. They are hashed when all of them
// are right, by reading the file once more. Its steps block, so it belongs on worker threads.
import { createHash } from 'node:crypto';
import { closeSync, fsync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { promisify } from 'node:util';
import type { Sha256 } from '../ids.js';
import type { ArtifactFile, Measured } from './storedFile.js';

/** One write and one read a piece: small ones would be slow for a sender of many short buffers. */
const pieceBytes = 256 * 1024;

/** Created exclusively, readable by us alone. Exactly one of `finish` and `discard` ends it. A `finish` that rejects is followed by `discard`. */
export class PatchedWriter {
  readonly #piece = Buffer.allocUnsafeSlow(pieceBytes);
  #fd: number | undefined;
  /** Bytes that are in the file. Those of the piece follow. */
  #writtenBytes = 0;
  #pieceLength = 0;

  constructor(private readonly file: ArtifactFile) {
    this.#fd = openSync(file.path, 'wx+', 0o600);
  }

  get sizeBytes(): number {
    return this.#writtenBytes + this.#pieceLength;
  }

  /** Copies `bytes`. Throws what the disk throws. */
  append(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.byteLength; ) {
      const part = bytes.subarray(at, at + pieceBytes - this.#pieceLength);
      this.#piece.set(part, this.#pieceLength);
      this.#pieceLength += part.byteLength;
      at += part.byteLength;
      if (this.#pieceLength === pieceBytes) this.#flush();
    }
  }

  /** Replaces bytes that have been appended. */
  patch(at: number, bytes: Uint8Array): void {
    if (at < 0 || at + bytes.byteLength > this.sizeBytes)
      throw new RangeError('only what was appended can be replaced');
    // What lies across the edge of the piece is rare, and goes to the file as a whole.
    if (at < this.#writtenBytes && at + bytes.byteLength > this.#writtenBytes) this.#flush();
    if (at >= this.#writtenBytes) this.#piece.set(bytes, at - this.#writtenBytes);
    else this.#write(bytes, at);
  }

  /** Fills `into` from what has been appended. */
  read(at: number, into: Uint8Array): void {
    this.#flush();
    for (let have = 0; have < into.byteLength; ) {
      const got = readSync(this.#fd as number, into, have, into.byteLength - have, at + have);
      if (got === 0) throw new Error('the file is shorter than what was written to it');
      have += got;
    }
  }

  /** Complete and flushed when it resolves. `look` sees all bytes in order, and may throw. */
  async finish(look: (bytes: Uint8Array) => void): Promise<Measured> {
    this.#flush();
    const hash = createHash('sha256');
    const { sizeBytes } = this;
    for (let at = 0; at < sizeBytes; at += pieceBytes) {
      const piece = this.#piece.subarray(0, Math.min(pieceBytes, sizeBytes - at));
      this.read(at, piece);
      hash.update(piece);
      look(piece);
    }
    await promisify(fsync)(this.#fd as number);
    this.#close();
    return { sha256: hash.digest('hex') as Sha256, sizeBytes };
  }

  /** Removes an unfinished file. Never throws where the disk has failed before: what is left then is swept at boot. */
  discard(): void {
    if (this.#fd === undefined) return;
    const { path } = this.file;
    for (const step of [() => this.#close(), () => rmSync(path, { force: true })]) {
      try {
        step();
      } catch {}
    }
  }

  #flush(): void {
    if (this.#pieceLength === 0) return;
    const length = this.#pieceLength;
    this.#write(this.#piece.subarray(0, length), this.#writtenBytes);
    this.#writtenBytes += length;
    this.#pieceLength = 0;
  }

  #write(bytes: Uint8Array, at: number): void {
    for (let done = 0; done < bytes.byteLength; )
      done += writeSync(this.#fd as number, bytes, done, bytes.byteLength - done, at + done);
  }

  #close(): void {
    const fd = this.#fd as number;
    this.#fd = undefined;
    closeSync(fd);
  }
}
