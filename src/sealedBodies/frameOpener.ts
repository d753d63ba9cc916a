// Opens the frames of one body in their order, and knows whether the last one has been among them.
import { framePlaintextBytes, malformed, type OpenFrame, truncated } from './frames.js';

export interface FrameOpener {
  /** Its plaintext. BODY_MALFORMED for a frame that is not the next one, or that comes after the last. */
  opened(ciphertext: Uint8Array): Promise<Uint8Array>;
  /** BODY_TRUNCATED when the body may not end here. */
  end(isWithinFrame: boolean): void;
}

/** Frames may say so much more than they bring (bytes): a body of empty or tiny frames would be long work for nothing. */
const spareBytes = 65_536;
const overheadBytes = 20;

export function createFrameOpener(open: OpenFrame): FrameOpener {
  let hasLast = false;
  let plaintextBytes = 0;
  let frames = 0;

  /** Both are tried, the likelier first: a body that was sealed whole has full frames up to its last. */
  async function either(ciphertext: Uint8Array): Promise<Uint8Array | undefined> {
    const isLikelyLast = ciphertext.byteLength < framePlaintextBytes;
    for (const isLast of [isLikelyLast, !isLikelyLast]) {
      const plaintext = await open(ciphertext, isLast);
      if (plaintext === undefined) continue;
      hasLast = isLast;
      return plaintext;
    }
    return undefined;
  }

  return {
    async opened(ciphertext) {
      if (hasLast) throw malformed('there are bytes after its last frame');
      frames += 1;
      if (frames * overheadBytes > plaintextBytes + spareBytes) throw malformed('its frames are too small');
      const plaintext = await either(ciphertext);
      if (plaintext === undefined) throw malformed('a frame was changed on its way, or is not in its place');
      plaintextBytes += plaintext.byteLength;
      return plaintext;
    },
    end(isWithinFrame) {
      if (hasLast && isWithinFrame) throw malformed('there are bytes after its last frame');
      if (!hasLast) throw truncated();
    },
  };
}
