// Walks the outer structure of one zstd frame (RFC 8878, section 3.1.1) as it streams in: header, blocks, checksum, end.
// Everything a sender could use to make a decoder hold much memory or decode for ever is refused here, before any decoder sees it.
import { MalformedError } from '../upload/malformed.js';

/** What RFC 8878 (3.1.1.1.2) asks decoders to support and encoders not to exceed; levels 1 to 19 stay within it. The SDK needs 2 MiB. */
const maxWindowBytes = 8 * 1024 * 1024;
/** RFC 8878, 3.1.1.2.3: no block holds or makes more. */
export const maxBlockBytes = 128 * 1024;
/** Magic 4, descriptor 1, window 1, dictionary id 4, content size 8. */
const maxHeaderBytes = 18;

export type BlockType = 'raw' | 'repeated' | 'compressed';

export interface FrameHeader {
  readonly windowBytes: number;
  /** No block of this frame regenerates more. */
  readonly blockLimitBytes: number;
  /** Undefined when the encoder did not know it. */
  readonly contentBytes: number | undefined;
  readonly hasChecksum: boolean;
}

export interface FrameVisitor {
  header(header: FrameHeader): void;
  /** `sizeBytes`: of the content for raw and compressed, of the output for repeated. `content` is valid during the call only. */
  block(type: BlockType, sizeBytes: number, content: Uint8Array): void;
}

/** True when `bytes` (at least 4) begin a zstd frame. No SDK payload can: its first 8 bytes are a length below 2^32. */
export const startsZstd = (bytes: Uint8Array): boolean =>
  bytes[0] === 0x28 && bytes[1] === 0xb5 && bytes[2] === 0x2f && bytes[3] === 0xfd;

/** Parses a whole frame header; undefined when `bytes` is too short to tell. Throws MalformedError. */
function parseHeader(bytes: Uint8Array): { header: FrameHeader; lengthBytes: number } | undefined {
  if (bytes.byteLength < 5) return undefined;
  if (!startsZstd(bytes)) throw new MalformedError('it does not begin with a zstd frame');
  const descriptor = bytes[4] as number;
  if (descriptor & 0b1000) throw new MalformedError('the zstd frame header uses a reserved bit');
  if (descriptor & 0b11) throw new MalformedError('the zstd frame wants a dictionary');
  const isSingleSegment = (descriptor & 0b10_0000) !== 0;
  const sizeFlag = descriptor >> 6;
  const sizeFieldBytes = sizeFlag === 0 ? Number(isSingleSegment) : 1 << sizeFlag;
  const sizeAt = isSingleSegment ? 5 : 6;
  const lengthBytes = sizeAt + sizeFieldBytes;
  if (bytes.byteLength < lengthBytes) return undefined;

  let contentBytes: number | undefined;
  for (let i = sizeFieldBytes - 1; i >= 0; i--)
    contentBytes = (contentBytes ?? 0) * 256 + (bytes[sizeAt + i] as number);
  if (sizeFlag === 1 && contentBytes !== undefined) contentBytes += 256;
  const windowByte = bytes[5] as number;
  const windowBase = 2 ** (10 + (windowByte >> 3));
  const windowBytes = isSingleSegment ? (contentBytes as number) : windowBase + (windowBase / 8) * (windowByte & 7);
  if (windowBytes > maxWindowBytes) {
    throw new MalformedError(
      `its zstd window is larger than ${maxWindowBytes} bytes; compress at level 19 or lower without --long`,
    );
  }
  const header = {
    windowBytes,
    blockLimitBytes: Math.min(windowBytes, maxBlockBytes),
    contentBytes,
    hasChecksum: (descriptor & 0b100) !== 0,
  };
  return { header, lengthBytes };
}

type Part = 'header' | 'blockHeader' | 'block' | 'checksum' | 'done';

/**
 * Push any pieces of one frame in order, then `end`. Throws MalformedError for more than one frame, skippable frames, anything after
 * the frame, dictionaries, large windows and blocks, and a frame that is cut off. Holds at most one block.
 */
export class FrameWalker {
  #part: Part = 'header';
  /** Bytes of the current part that came with earlier pushes. */
  #pending = new Uint8Array(maxHeaderBytes);
  #pendingBytes = 0;
  #neededBytes = 5;
  #header: FrameHeader | undefined;
  #blockType: BlockType = 'raw';
  #blockBytes = 0;
  #isLastBlock = false;

  constructor(private readonly visitor: FrameVisitor) {}

  push(piece: Uint8Array): void {
    let rest = piece;
    while (rest.byteLength > 0 || (this.#part === 'block' && this.#neededBytes === 0)) {
      if (this.#part === 'done') throw new MalformedError('something follows its zstd frame');
      const taken = Math.min(this.#neededBytes - this.#pendingBytes, rest.byteLength);
      const isWhole = this.#pendingBytes + taken === this.#neededBytes;
      // A part that lies whole inside this piece is read in place.
      if (this.#pendingBytes === 0 && isWhole) {
        this.#complete(rest.subarray(0, taken));
      } else {
        if (this.#pending.byteLength < this.#neededBytes) this.#growPending();
        this.#pending.set(rest.subarray(0, taken), this.#pendingBytes);
        this.#pendingBytes += taken;
        if (isWhole) this.#complete(this.#pending.subarray(0, this.#neededBytes));
      }
      rest = rest.subarray(taken);
    }
  }

  end(): void {
    if (this.#part !== 'done') throw new MalformedError('its zstd frame is cut off');
  }

  #growPending(): void {
    const grown = new Uint8Array(maxBlockBytes);
    grown.set(this.#pending.subarray(0, this.#pendingBytes));
    this.#pending = grown;
  }

  #expect(part: Part, neededBytes: number): void {
    this.#part = part;
    this.#neededBytes = neededBytes;
    this.#pendingBytes = 0;
  }

  #complete(bytes: Uint8Array): void {
    if (this.#part === 'header') this.#completeHeader(bytes);
    else if (this.#part === 'blockHeader') this.#completeBlockHeader(bytes);
    else if (this.#part === 'block') {
      this.visitor.block(this.#blockType, this.#blockBytes, bytes);
      if (!this.#isLastBlock) this.#expect('blockHeader', 3);
      else if (this.#header?.hasChecksum) this.#expect('checksum', 4);
      else this.#expect('done', 1);
    } else this.#expect('done', 1);
  }

  #completeHeader(bytes: Uint8Array): void {
    const parsed = parseHeader(bytes);
    if (parsed === undefined) {
      // The descriptor says how long the header is, so this happens once: keep what came and ask for one byte more each time.
      if (bytes.buffer !== this.#pending.buffer) this.#pending.set(bytes);
      this.#pendingBytes = bytes.byteLength;
      this.#neededBytes = bytes.byteLength + 1;
      return;
    }
    this.#header = parsed.header;
    this.visitor.header(parsed.header);
    this.#expect('blockHeader', 3);
  }

  #completeBlockHeader(bytes: Uint8Array): void {
    const word = (bytes[0] as number) | ((bytes[1] as number) << 8) | ((bytes[2] as number) << 16);
    const type = (['raw', 'repeated', 'compressed'] as const)[(word >> 1) & 3];
    if (type === undefined) throw new MalformedError('its zstd frame has a block of unknown type');
    this.#isLastBlock = (word & 1) === 1;
    this.#blockType = type;
    this.#blockBytes = word >> 3;
    if (this.#blockBytes > (this.#header as FrameHeader).blockLimitBytes) {
      throw new MalformedError('its zstd frame has a block that is too large');
    }
    this.#expect('block', type === 'repeated' ? 1 : this.#blockBytes);
  }
}
