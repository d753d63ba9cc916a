// A zstd decoder in plain TypeScript for Node releases without one (before 22.15). Written for hostile input: work and memory are
// bounded by the input and the window, which the decoders on npm that were tried do not do (120 KB kept one busy for minutes).
import { corrupt, paddingBytes } from './entropy.js';
import { type BlockType, type FrameHeader, FrameWalker, maxBlockBytes } from './frame.js';
import { Literals } from './literals.js';
import { type History, Sequences } from './sequences.js';

/** Room behind the window, so that it is moved to the front once per this many bytes and not for every block. */
const slackBytes = 2 * 1024 * 1024;

/** Calls `emit` with every block's output; the view is valid during the call only. A content checksum is skipped, not verified. */
export class PortableDecoder {
  readonly #walker: FrameWalker;
  readonly #literals = new Literals();
  readonly #sequences = new Sequences();
  readonly #block = new Uint8Array(maxBlockBytes + paddingBytes);
  #header: FrameHeader | undefined;
  #history = new Uint8Array(0);
  #end = 0;
  #madeBytes = 0;

  constructor(private readonly emit: (bytes: Uint8Array) => void) {
    this.#walker = new FrameWalker({
      header: (header) => this.#begin(header),
      block: (type, sizeBytes, content) => this.#decode(type, sizeBytes, content),
    });
  }

  /** Throws MalformedError, or whatever `emit` throws. */
  push(piece: Uint8Array): void {
    this.#walker.push(piece);
  }

  end(): void {
    this.#walker.end();
    const promised = this.#header?.contentBytes;
    if (promised !== undefined && promised !== this.#madeBytes) throw corrupt();
  }

  #begin(header: FrameHeader): void {
    this.#header = header;
    // A content that is known to be small needs no room for a whole window.
    const neededBytes = Math.min(header.windowBytes + slackBytes, header.contentBytes ?? Number.POSITIVE_INFINITY);
    this.#history = new Uint8Array(neededBytes + maxBlockBytes);
  }

  #decode(type: BlockType, sizeBytes: number, content: Uint8Array): void {
    const { windowBytes, blockLimitBytes, contentBytes } = this.#header as FrameHeader;
    if (this.#end + blockLimitBytes > this.#history.byteLength) {
      const kept = Math.min(windowBytes, this.#end);
      this.#history.copyWithin(0, this.#end - kept, this.#end);
      this.#end = kept;
    }
    const start = this.#end;
    if (type === 'raw') {
      this.#history.set(content, start);
      this.#end += sizeBytes;
    } else if (type === 'repeated') {
      this.#history.fill(content[0] as number, start, start + sizeBytes);
      this.#end += sizeBytes;
    } else {
      this.#end = this.#decompress(content, { bytes: this.#history, end: start, limit: start + blockLimitBytes });
    }
    this.#madeBytes += this.#end - start;
    if (this.#madeBytes > (contentBytes ?? Number.POSITIVE_INFINITY)) throw corrupt();
    if (this.#end > start) this.emit(this.#history.subarray(start, this.#end));
  }

  #decompress(content: Uint8Array, history: History): number {
    const block = this.#block;
    block.set(content);
    block.fill(0, content.byteLength, content.byteLength + paddingBytes);
    const { sizeBytes, next } = this.#literals.read(block, content.byteLength, history.limit - history.end);
    return this.#sequences.run(block, next, content.byteLength, this.#literals.bytes.subarray(0, sizeBytes), history);
  }
}
