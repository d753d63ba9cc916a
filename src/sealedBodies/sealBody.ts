// Bytes into the frames of a sealed body.
import { framePlaintextBytes, type SealFrame, sealedFrame } from './frames.js';

/**
 * `whole`: full frames up to the last, which is as long as `sealedBytesOf` says. `live`: what comes is sealed as it comes, and an empty last
 * frame ends it. Nothing is read ahead.
 */
export async function* sealedFrames(
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  seal: SealFrame,
  as: 'whole' | 'live',
): AsyncGenerator<Uint8Array, void, void> {
  /** At most a frame, which may be the last. */
  let held: Uint8Array[] = [];
  let heldBytes = 0;
  const taken = () => {
    const bytes = joinedOnce(held);
    held = [];
    heldBytes = 0;
    return bytes;
  };
  for await (const chunk of source) {
    for (let at = 0; at < chunk.byteLength; ) {
      if (heldBytes === framePlaintextBytes) yield* await sealedFrame(seal, taken(), false);
      const part = chunk.subarray(at, at + framePlaintextBytes - heldBytes);
      held.push(part);
      heldBytes += part.byteLength;
      at += part.byteLength;
    }
    if (as === 'live' && heldBytes > 0) yield* await sealedFrame(seal, taken(), false);
  }
  yield* await sealedFrame(seal, taken(), true);
}

/** Without a copy where there is nothing to join. */
const joinedOnce = (parts: readonly Uint8Array[]): Uint8Array =>
  (parts.length === 1 && parts[0]) || Buffer.concat(parts);

/** A whole body that is in memory. */
export async function sealedBody(bytes: Uint8Array, seal: SealFrame): Promise<Buffer> {
  const frames: Uint8Array[] = [];
  for await (const frame of sealedFrames([bytes], seal, 'whole')) frames.push(frame);
  return Buffer.concat(frames);
}
