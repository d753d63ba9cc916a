// One streaming zstd decoder for uploads: Node's own where it exists, else ours. Both refuse the same frames (see `frame.ts`).
import { hasNativeZstd, NativeDecoder } from './native.js';
import { PortableDecoder } from './portable.js';

/** Decodes exactly one frame, piece by piece. After a rejection only `close` may be called. */
export interface ZstdDecoder {
  /** Rejects with MalformedError, or with whatever `emit` threw. */
  push(piece: Uint8Array): Promise<void>;
  /** Rejects with MalformedError when the frame is not complete. */
  end(): Promise<void>;
  close(): void;
}

/** `emit` gets the output in order and may throw to stop; its argument is valid during the call only. */
export type CreateZstdDecoder = (emit: (bytes: Uint8Array) => void) => ZstdDecoder;

export const portableZstd: CreateZstdDecoder = (emit) => {
  const decoder = new PortableDecoder(emit);
  return { push: async (piece) => decoder.push(piece), end: async () => decoder.end(), close: () => undefined };
};

const nativeZstd: CreateZstdDecoder = (emit) => new NativeDecoder(emit);

/** By name, for the tests that run over all of them. */
export const zstdDecoders: Record<string, CreateZstdDecoder> = hasNativeZstd
  ? { native: nativeZstd, portable: portableZstd }
  : { portable: portableZstd };

export const createZstdDecoder: CreateZstdDecoder = hasNativeZstd ? nativeZstd : portableZstd;
