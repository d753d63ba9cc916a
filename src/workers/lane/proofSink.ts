// Where a proof goes while it arrives: to its file, hashed on the way.
import type { ProvenFile } from '../../engines/jobs.js';
import type { Failure } from '../../failures/catalog.js';
import { fail } from '../../failures/fail.js';
import { failureFrom } from '../../failures/failureFrom.js';
import { failed, type Outcome, succeeded } from '../../failures/outcome.js';
import type { ArtifactFile } from '../../storedBytes/storedFile.js';
import { StoredWriter } from '../../storedBytes/storedWriter.js';

/**
 * Writes one proof. No method throws: after the first error (a full disk) the rest is swallowed and `finish` answers it, so that
 * the engine can end its answer and stays usable. A prover takes a minute and a half to load again.
 */
export class ProofSink {
  #writer: StoredWriter | undefined;
  #failure: Failure | undefined;
  /** The flush under way. Never rejects. */
  #flushed: Promise<unknown> = Promise.resolve();

  constructor(
    readonly file: ArtifactFile,
    /** For the log, should anything unforeseen happen to the file. */
    readonly reference: string,
  ) {}

  /** Creates the file in place of whatever an earlier attempt left there. */
  open(): void {
    this.#attempt(() => {
      this.#writer = new StoredWriter(this.file, 'replace');
    });
  }

  write(bytes: Uint8Array): void {
    this.#attempt(() => this.#writer?.append(bytes));
  }

  /** Flushes the file and closes it. Its name becomes durable when the artifacts take it over. On a failure the file is gone. */
  async finish(): Promise<Outcome<ProvenFile>> {
    const flushed = this.#failure === undefined ? this.#writer?.finish() : undefined;
    const settled = flushed?.catch((thrown) => this.#fail(thrown));
    this.#flushed = settled ?? this.#flushed;
    const file = await settled;
    if (this.#failure === undefined && file) return succeeded(file);
    await this.discard();
    return failed(this.#failure ?? fail('ABORTED'));
  }

  /** Removes an unfinished file, also while it is being flushed. Nothing happens after a successful `finish`. */
  async discard(): Promise<void> {
    this.#failure ??= fail('ABORTED');
    await this.#flushed;
    this.#writer?.discard();
  }

  #attempt(step: () => void): void {
    if (this.#failure !== undefined) return;
    try {
      step();
    } catch (thrown) {
      this.#fail(thrown);
    }
  }

  #fail(thrown: unknown): void {
    this.#failure ??= failureFrom(thrown, this.reference);
  }
}
