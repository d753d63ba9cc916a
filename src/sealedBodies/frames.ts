// A sealed body is a row of frames: u32 big-endian length of the ciphertext, the ciphertext. Which one is the last is not written in it but
// authenticated, so that a body which was cut, at whatever place, is never a shorter body.
import { fail } from '../failures/fail.js';
import { FailureError } from '../failures/failureError.js';
import { joined } from './bytes.js';

/** Most plaintext of a frame (bytes). */
export const framePlaintextBytes = 65_536;
const tagBytes = 16;
const prefixBytes = 4;
/** What each frame adds to its plaintext (bytes). */
const overheadBytes = prefixBytes + tagBytes;

/** Seals the next frame. One at a time. */
export type SealFrame = (plaintext: Uint8Array, isLast: boolean) => Promise<Uint8Array>;

/** Opens the next frame. Undefined when it was not sealed so; it may be tried again then. */
export type OpenFrame = (ciphertext: Uint8Array, isLast: boolean) => Promise<Uint8Array | undefined>;

/** How long a body is when it was sealed with full frames. */
export const sealedBytesOf = (plaintextBytes: number): number =>
  plaintextBytes + overheadBytes * Math.max(1, Math.ceil(plaintextBytes / framePlaintextBytes));

/** From here on a frame's two parts are sent by themselves: to join them would be a copy, and memory to collect (bytes). */
const largeBytes = 4_096;

/** The frame as it is sent, in one piece or two. */
export async function sealedFrame(
  seal: SealFrame,
  plaintext: Uint8Array,
  isLast: boolean,
): Promise<readonly Uint8Array[]> {
  const ciphertext = await seal(plaintext, isLast);
  const prefix = new Uint8Array(prefixBytes);
  new DataView(prefix.buffer).setUint32(0, ciphertext.byteLength);
  return ciphertext.byteLength < largeBytes ? [joined([prefix, ciphertext])] : [prefix, ciphertext];
}

export const malformed = (problem: string): FailureError => new FailureError(fail('BODY_MALFORMED', { problem }));
export const truncated = (): FailureError => new FailureError(fail('BODY_TRUNCATED'));

export interface FrameReader {
  /** The frames that are whole with these bytes. Throws BODY_MALFORMED. */
  take(chunk: Uint8Array): Uint8Array[];
  /** The bytes so far end within a frame. */
  readonly isWithin: boolean;
  /** A frame that is not needed any more: its memory is used for another. */
  giveBack(frame: Uint8Array): void;
}

/** How much more memory is taken for a frame than has come of it: four bytes must not cost 64 KiB, and one copy is enough for most frames. */
const growth = 8;

/** `mostPlaintextBytes`: frames of more are refused unread. */
export function createFrameReader(mostPlaintextBytes = framePlaintextBytes): FrameReader {
  const prefix = new Uint8Array(prefixBytes);
  let prefixFilled = 0;
  let sizeBytes = 0;
  let frame = new Uint8Array();
  let filled = 0;
  /** For the next full frame: a large body has thousands, one after the other. */
  let spare: Uint8Array<ArrayBuffer> | undefined;

  function begin(): void {
    sizeBytes = new DataView(prefix.buffer).getUint32(0);
    if (sizeBytes < tagBytes || sizeBytes > Math.min(mostPlaintextBytes, framePlaintextBytes) + tagBytes)
      throw malformed(`a frame of ${sizeBytes} bytes is none`);
    filled = 0;
    frame = new Uint8Array();
    if (spare?.byteLength !== sizeBytes) return;
    frame = spare;
    spare = undefined;
  }

  function fill(part: Uint8Array): void {
    const needed = filled + part.byteLength;
    if (needed > frame.byteLength) {
      const grown = new Uint8Array(Math.min(sizeBytes, growth * needed));
      grown.set(frame.subarray(0, filled));
      frame = grown;
    }
    frame.set(part, filled);
    filled = needed;
  }

  return {
    take(chunk) {
      const whole: Uint8Array[] = [];
      for (let at = 0; at < chunk.byteLength; ) {
        if (prefixFilled < prefixBytes) {
          prefix[prefixFilled++] = chunk[at++] as number;
          if (prefixFilled === prefixBytes) begin();
          continue;
        }
        const part = chunk.subarray(at, at + sizeBytes - filled);
        fill(part);
        at += part.byteLength;
        if (filled < sizeBytes) continue;
        whole.push(frame);
        prefixFilled = 0;
      }
      return whole;
    },
    giveBack(done) {
      if (done.byteLength === framePlaintextBytes + tagBytes) spare = done as Uint8Array<ArrayBuffer>;
    },
    get isWithin() {
      return prefixFilled > 0;
    },
  };
}
