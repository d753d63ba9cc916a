// The body of one upload as it arrives: its first four bytes show whether it is raw or zstd. Hands on the raw bytes.

import { MalformedError } from '../malformed.js';
import { ZstdDecoder } from '../zstd/decoder.js';
import { startsZstd } from '../zstd/frame.js';

/** Push the pieces in order, one at a time, then `end`; `close` in any case. Rejects with MalformedError or what `emit` throws. */
export class UploadBody {
  #head: Uint8Array | undefined = new Uint8Array(0);
  #decoder: ZstdDecoder | undefined;

  constructor(private readonly emit: (raw: Uint8Array) => void) {}

  async push(piece: Uint8Array): Promise<void> {
    if (this.#head === undefined) return this.#pass(piece);
    const head = Buffer.concat([this.#head, piece]);
    this.#head = head;
    if (head.byteLength >= 4) await this.#start(head);
  }

  async end(): Promise<void> {
    if (this.#head !== undefined) throw new MalformedError('it is empty or nearly so');
    await this.#decoder?.end();
  }

  close(): void {
    this.#decoder?.close();
  }

  #start(head: Uint8Array): Promise<void> {
    this.#head = undefined;
    if (startsZstd(head)) this.#decoder = new ZstdDecoder(this.emit);
    return this.#pass(head);
  }

  async #pass(piece: Uint8Array): Promise<void> {
    if (this.#decoder === undefined) this.emit(piece);
    else await this.#decoder.push(piece);
  }
}
