// Walks the outer structure of one zstd frame (RFC 8878, section 3.1.1) as it streams in: header, blocks, checksum, end.
// Everything a sender could use to make a decoder hold much memory or decode for ever is refused here, before any decoder sees it.
import { MalformedError } from '../malformed.js';

/** What RFC 8878 (3.1.1.1.2) asks decoders to support and encoders not to exceed; levels 1 to 19 stay within it. The SDK needs 2 MiB. */
const maxWindowBytes = 8 * 1024 * 1024;
/** RFC 8878, 3.1.1.2.3: no block holds or makes more. */
const maxBlockBytes = 128 * 1024;
/** Magic 4, descriptor 1, window 1, dictionary id 4, content size 8. */
const maxHeaderBytes = 18;

interface FrameHeader {
  /** No block of this frame regenerates more. */
  readonly blockLimitBytes: number;
  readonly hasChecksum: boolean;
}

/** True when `bytes` (at least 4) begin a zstd frame. No SDK payload can: its first 8 bytes are a length below 2^32. */
export const startsZstd = (bytes: Uint8Array): boolean =>
  bytes[0] === 0x28 && bytes[1] === 0xb5 && bytes[2] === 0x2f && bytes[3] === 0xfd;

/** Parses a whole frame header. Undefined when `bytes` is too short to tell. Throws MalformedError. */
function parseHeader(bytes: Uint8Array): FrameHeader | undefined {
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
  return { blockLimitBytes: Math.min(windowBytes, maxBlockBytes), hasChecksum: (descriptor & 0b100) !== 0 };
}

type Part = 'header' | 'blockHeader' | 'block' | 'checksum' | 'done';

/**
 * Push any pieces of one frame in order, then `end`. Throws MalformedError for more than one frame, skippable frames, anything after
 * the frame, dictionaries, large windows and blocks, and a frame that is cut off. Holds no more than a header.
 */
export class FrameWalker {
  #part: Part = 'header';
  /** What has come of a header that is not complete yet. */
  readonly #pending = new Uint8Array(maxHeaderBytes);
  #seenBytes = 0;
  #neededBytes = 5;
  #header: FrameHeader | undefined;
  #isLastBlock = false;

  push(piece: Uint8Array): void {
    let rest = piece;
    while (rest.byteLength > 0 || (this.#part === 'block' && this.#neededBytes === 0)) {
      if (this.#part === 'done') throw new MalformedError('something follows its zstd frame');
      const taken = Math.min(this.#neededBytes - this.#seenBytes, rest.byteLength);
      if (this.#part === 'header' || this.#part === 'blockHeader')
        this.#pending.set(rest.subarray(0, taken), this.#seenBytes);
      this.#seenBytes += taken;
      rest = rest.subarray(taken);
      if (this.#seenBytes === this.#neededBytes) this.#complete();
    }
  }

  end(): void {
    if (this.#part !== 'done') throw new MalformedError('its zstd frame is cut off');
  }

  #expect(part: Part, neededBytes: number): void {
    this.#part = part;
    this.#neededBytes = neededBytes;
    this.#seenBytes = 0;
  }

  #complete(): void {
    if (this.#part === 'header') this.#completeHeader();
    else if (this.#part === 'blockHeader') this.#completeBlockHeader();
    else if (this.#part === 'checksum') this.#expect('done', 1);
    else if (!this.#isLastBlock) this.#expect('blockHeader', 3);
    else if (this.#header?.hasChecksum) this.#expect('checksum', 4);
    else this.#expect('done', 1);
  }

  #completeHeader(): void {
    this.#header = parseHeader(this.#pending.subarray(0, this.#seenBytes));
    // The descriptor says how long the header is, a byte at a time until it is whole.
    if (this.#header === undefined) this.#neededBytes += 1;
    else this.#expect('blockHeader', 3);
  }

  #completeBlockHeader(): void {
    const [first, second, third] = this.#pending as unknown as readonly [number, number, number];
    const word = first | (second << 8) | (third << 16);
    const type = (['raw', 'repeated', 'compressed'] as const)[(word >> 1) & 3];
    if (type === undefined) throw new MalformedError('its zstd frame has a block of unknown type');
    this.#isLastBlock = (word & 1) === 1;
    const blockBytes = word >> 3;
    if (blockBytes > (this.#header as FrameHeader).blockLimitBytes) {
      throw new MalformedError('its zstd frame has a block that is too large');
    }
    this.#expect('block', type === 'repeated' ? 1 : blockBytes);
  }
}
