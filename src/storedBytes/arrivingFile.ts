// Stored bytes that come piece by piece over minutes, for callers on the main thread: no step blocks, and no piece is large.
import { createHash } from 'node:crypto';
import { type FileHandle, open, rm } from 'node:fs/promises';
import type { Sha256 } from '../ids.js';
import type { ArtifactFile, Measured } from './storedFile.js';

/** In place of whatever an earlier attempt has left, readable by us alone. Steps are made one after the other. */
export class ArrivingFile {
  readonly #hash = createHash('sha256');
  #handle: FileHandle | undefined;
  #isMade = false;
  #sizeBytes = 0;

  constructor(private readonly file: ArtifactFile) {}

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** Rejects with what the disk says. */
  async append(bytes: Uint8Array): Promise<void> {
    this.#handle ??= await open(this.file.path, 'w', 0o600);
    this.#isMade = true;
    for (let done = 0; done < bytes.byteLength; )
      done += (await this.#handle.write(bytes, done, bytes.byteLength - done, this.#sizeBytes + done)).bytesWritten;
    this.#hash.update(bytes);
    this.#sizeBytes += bytes.byteLength;
  }

  /** Complete and flushed when it resolves. */
  async finish(): Promise<Measured> {
    await this.#handle?.sync();
    await this.#close();
    return { sha256: this.#hash.digest('hex') as Sha256, sizeBytes: this.#sizeBytes };
  }

  /** Removes the file. Never rejects where the disk has failed before: what is left then is swept at boot. */
  async discard(): Promise<void> {
    if (!this.#isMade) return;
    await this.#close().catch(() => undefined);
    await rm(this.file.path, { force: true }).catch(() => undefined);
  }

  async #close(): Promise<void> {
    const handle = this.#handle;
    this.#handle = undefined;
    await handle?.close();
  }
}
