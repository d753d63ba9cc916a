// Where a proof goes while it arrives: to its file, hashed on the way.
import { createHash } from 'node:crypto';
import { type FileHandle, open, unlink } from 'node:fs/promises';
import type { ProvenFile } from '../../engines/jobs.js';
import { type Failure, fail, failed, failureFrom, type Outcome, succeeded } from '../../errors.js';
import { parseSha256, type Sha256 } from '../../ids.js';

/**
 * Writes one proof. No method rejects: after the first error (a full disk) the rest is swallowed and `finish` answers it, so that
 * the engine can end its answer and stays usable. A prover takes a minute and a half to load again.
 */
export class ProofSink {
  readonly #hash = createHash('sha256');
  #handle: FileHandle | undefined;
  #failure: Failure | undefined;
  #sizeBytes = 0;
  /** The step under way; never rejects. */
  #step: Promise<void> = Promise.resolve();

  constructor(
    readonly path: string,
    /** For the log, should anything unforeseen happen to the file. */
    readonly reference: string,
  ) {}

  /** Creates the file, readable by us alone, in place of whatever an earlier attempt left there. */
  async open(): Promise<void> {
    await this.#attempt(async () => {
      this.#handle = await open(this.path, 'w', 0o600);
    });
  }

  async write(bytes: Uint8Array): Promise<void> {
    await this.#attempt(async () => {
      this.#hash.update(bytes);
      this.#sizeBytes += bytes.byteLength;
      for (let done = 0; done < bytes.byteLength; ) {
        const { bytesWritten } = (await this.#handle?.write(bytes, done)) ?? { bytesWritten: bytes.byteLength };
        done += bytesWritten;
      }
    });
  }

  /** Flushes the file and closes it; its name becomes durable when the artifacts take it over. On a failure the file is gone. */
  async finish(): Promise<Outcome<ProvenFile>> {
    await this.#attempt(async () => {
      await this.#handle?.sync();
      await this.#handle?.close();
      this.#handle = undefined;
    });
    if (this.#failure === undefined) {
      const sha256 = parseSha256(this.#hash.digest()) as Sha256;
      return succeeded({ sha256, sizeBytes: this.#sizeBytes });
    }
    await this.discard();
    return failed(this.#failure);
  }

  /** Removes an unfinished file, also while it is being opened or written. Nothing happens after a successful `finish`. */
  async discard(): Promise<void> {
    this.#failure ??= fail('ABORTED');
    await this.#step;
    if (this.#handle === undefined) return;
    // Both may fail where the disk has failed before; the boot sweep takes what is left.
    await this.#handle.close().catch(() => {});
    await unlink(this.path).catch(() => {});
    this.#handle = undefined;
  }

  #attempt(step: () => Promise<void>): Promise<void> {
    if (this.#failure !== undefined) return this.#step;
    this.#step = step().catch((thrown) => {
      this.#failure ??= failureFrom(thrown, this.reference);
    });
    return this.#step;
  }
}
