// The new file of one upload: counts, checks and hands on the decompressed bytes in the order they come.
import { fail } from '../../failures/fail.js';
import { FailureError } from '../../failures/failureError.js';
import type { ArtifactFile } from '../../storedBytes/storedFile.js';
import { StoredWriter } from '../../storedBytes/storedWriter.js';
import { type Shape, shapeOf } from './artifactShape.js';
import { readElfFacts } from './elfFacts.js';
import type { ReceivedFile } from './task.js';

/** Small pieces are gathered to this size: one write and one hash call a piece would be slow for a hostile sender's tiny blocks. */
const gatherBytes = 256 * 1024;

/** Created exclusively. Without a file nothing is written. Exactly one of `finish` and `discard` ends it. */
export class UploadFile {
  readonly #writer: StoredWriter;
  readonly #shape: Shape;
  readonly #gathered = Buffer.allocUnsafeSlow(gatherBytes);
  #gatheredBytes = 0;
  #sizeBytes = 0;

  constructor(
    private readonly file: ArtifactFile | undefined,
    private readonly kind: 'program' | 'stdin',
    private readonly limitBytes: number,
  ) {
    this.#shape = shapeOf(kind);
    this.#writer = new StoredWriter(file, 'new');
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
    const read = (at: number, into: Uint8Array) => this.#writer.read(at, into);
    const isProgram = this.kind === 'program' && this.file !== undefined;
    const facts = isProgram ? { elf: readElfFacts(read, 8, this.#sizeBytes - 8) } : {};
    return { ...(await this.#writer.finish()), ...facts };
  }

  discard(): void {
    this.#writer.discard();
  }

  #flush(): void {
    this.#writer.append(this.#gathered.subarray(0, this.#gatheredBytes));
    this.#gatheredBytes = 0;
  }
}
