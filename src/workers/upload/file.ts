// The new file of one upload: counts, hashes, checks and writes the decompressed bytes in the order they come.
import { createHash } from 'node:crypto';
import { closeSync, fsync, openSync, rmSync, writeSync } from 'node:fs';
import { promisify } from 'node:util';
import { FailureError, fail } from '../../errors.js';
import type { Sha256 } from '../../ids.js';
import { type Shape, shapeOf } from './artifactShape.js';
import { readElfFacts } from './elfFacts.js';
import type { ReceivedFile } from './task.js';

/** Small pieces are gathered to this size: one write and one hash call a piece would be slow for a hostile sender's tiny blocks. */
const gatherBytes = 256 * 1024;

/** Created exclusively, mode 0600; without a path nothing is written. Exactly one of `finish` and `discard` ends it. */
export class UploadFile {
  readonly #fd: number | undefined;
  readonly #shape: Shape;
  readonly #hash = createHash('sha256');
  readonly #gathered = Buffer.allocUnsafeSlow(gatherBytes);
  #gatheredBytes = 0;
  #sizeBytes = 0;

  constructor(
    private readonly path: string | undefined,
    private readonly kind: 'program' | 'stdin',
    private readonly limitBytes: number,
  ) {
    this.#shape = shapeOf(kind);
    this.#fd = path === undefined ? undefined : openSync(path, 'wx+', 0o600);
  }

  /** Copies what it keeps. Throws ARTIFACT_TOO_LARGE, MalformedError, or what the disk throws. */
  append(bytes: Uint8Array): void {
    this.#sizeBytes += bytes.byteLength;
    if (this.#sizeBytes > this.limitBytes) {
      throw new FailureError(fail('ARTIFACT_TOO_LARGE', { kind: this.kind, limitBytes: this.limitBytes }));
    }
    this.#shape.push(bytes);
    for (let at = 0; at < bytes.byteLength; ) {
      const piece = bytes.subarray(at, at + gatherBytes - this.#gatheredBytes);
      this.#gathered.set(piece, this.#gatheredBytes);
      this.#gatheredBytes += piece.byteLength;
      at += piece.byteLength;
      if (this.#gatheredBytes === gatherBytes) this.#flush();
    }
  }

  /** Complete and on disk when it resolves. */
  async finish(): Promise<ReceivedFile> {
    this.#shape.end();
    this.#flush();
    const measured = { sha256: this.#hash.digest('hex') as Sha256, sizeBytes: this.#sizeBytes };
    if (this.#fd === undefined) return measured;
    const facts = this.kind === 'program' ? { elf: readElfFacts(this.#fd, 8, this.#sizeBytes - 8) } : {};
    // Other uploads share this thread: the one slow step is left to the thread pool.
    await promisify(fsync)(this.#fd);
    closeSync(this.#fd);
    return { ...measured, ...facts };
  }

  discard(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    if (this.path !== undefined) rmSync(this.path, { force: true });
  }

  #flush(): void {
    const bytes = this.#gathered.subarray(0, this.#gatheredBytes);
    this.#hash.update(bytes);
    if (this.#fd !== undefined)
      for (let written = 0; written < bytes.byteLength; ) written += writeSync(this.#fd, bytes, written);
    this.#gatheredBytes = 0;
  }
}
