// A proof on its way from a worker to the file of its job: in order, bounded, one piece at a time.
import { fail } from '../failures/fail.js';
import { FailureError } from '../failures/failureError.js';
import { malformed } from '../failures/malformed.js';
import { ArrivingFile } from '../storedBytes/arrivingFile.js';
import type { ArtifactFile, Measured } from '../storedBytes/storedFile.js';

const misplaced = (problem: string) => malformed('offset', problem);

export class ProofArrival {
  readonly #file: ArrivingFile;
  /** Steps on the disk, one after the other. */
  #turn: Promise<unknown>;
  #isWriting = false;
  #isOver = false;

  constructor(
    output: ArtifactFile,
    private readonly limitBytes: number,
    private readonly onTooLong: () => void,
    /** The file is touched by nobody else from then on. */
    before: Promise<unknown>,
  ) {
    this.#turn = before;
    this.#file = new ArrivingFile(output);
  }

  /** Written when it resolves. What was written before is left as it is. Throws MALFORMED_REQUEST and LEASE_LOST. */
  async write(offset: number, piece: Uint8Array): Promise<void> {
    if (this.#isOver) throw new FailureError(fail('LEASE_LOST'));
    if (this.#isWriting) throw misplaced('the piece before is still being written');
    const { sizeBytes } = this.#file;
    if (offset + piece.byteLength <= sizeBytes) return;
    if (offset !== sizeBytes) throw misplaced(`the next piece begins at ${sizeBytes}`);
    if (sizeBytes + piece.byteLength > this.limitBytes) {
      this.onTooLong();
      throw new FailureError(fail('LEASE_LOST'));
    }
    this.#isWriting = true;
    try {
      await this.#next(() => this.#file.append(piece));
    } finally {
      this.#isWriting = false;
    }
  }

  /** Undefined when it was given up before. */
  finish(): Promise<Measured | undefined> {
    return this.#next(async () => {
      if (this.#isOver) return undefined;
      this.#isOver = true;
      return await this.#file.finish();
    });
  }

  /** Removes what has come. */
  discard(): Promise<void> {
    this.#isOver = true;
    return this.#next(() => this.#file.discard());
  }

  #next<T>(step: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(step);
    this.#turn = done.catch(() => undefined);
    return done;
  }
}
