// Stored bytes on their way in: written and hashed in the order they come. Its steps block, so it belongs on worker threads.
import { createHash } from 'node:crypto';
import { closeSync, fsync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { promisify } from 'node:util';
import type { Sha256 } from '../ids.js';
import type { ArtifactFile, Measured } from './storedFile.js';

/** Readable by us alone. Exactly one of `finish` and `discard` ends it. A `finish` that rejects is followed by `discard`. */
export class StoredWriter {
  readonly #hash = createHash('sha256');
  #fd: number | undefined;
  #sizeBytes = 0;

  /**
   * `new`: throws EEXIST where something is. `replace`: in place of whatever an earlier attempt has left. Without a file the bytes are
   * measured and not kept.
   */
  constructor(
    private readonly file: ArtifactFile | undefined,
    mode: 'new' | 'replace',
  ) {
    this.#fd = file && openSync(file.path, mode === 'new' ? 'wx+' : 'w+', 0o600);
  }

  /** Throws what the disk throws. The caller may use the memory of `bytes` again. */
  append(bytes: Uint8Array): void {
    this.#hash.update(bytes);
    this.#sizeBytes += bytes.byteLength;
    if (this.#fd === undefined) return;
    for (let done = 0; done < bytes.byteLength; ) done += writeSync(this.#fd, bytes, done);
  }

  /** Fills `into` from what has been appended to a file. */
  read(at: number, into: Uint8Array): void {
    for (let have = 0; have < into.byteLength; ) {
      const got = readSync(this.#fd as number, into, have, into.byteLength - have, at + have);
      if (got === 0) throw new Error('the file is shorter than what was written to it');
      have += got;
    }
  }

  /** Complete and flushed when it resolves. Its name becomes durable when it is published. */
  async finish(): Promise<Measured> {
    const measured = { sha256: this.#hash.digest('hex') as Sha256, sizeBytes: this.#sizeBytes };
    if (this.#fd === undefined) return measured;
    // Others may share this thread: the one slow step is left to the thread pool.
    await promisify(fsync)(this.#fd);
    this.#close();
    return measured;
  }

  /** Removes an unfinished file. Never throws where the disk has failed before: what is left then is swept at boot. */
  discard(): void {
    if (this.file === undefined || this.#fd === undefined) return;
    const { path } = this.file;
    for (const step of [() => this.#close(), () => rmSync(path, { force: true })]) {
      try {
        step();
      } catch {}
    }
  }

  #close(): void {
    const fd = this.#fd as number;
    this.#fd = undefined;
    closeSync(fd);
  }
}
