// zstd by Node's own zlib (from 22.15), behind the same checks of the frame's structure as the portable decoder.
import type { Transform } from 'node:stream';
import * as zlib from 'node:zlib';
import { MalformedError } from '../upload/malformed.js';
import { FrameWalker } from './frame.js';

/** The part of newer `node:zlib` that the types of our oldest Node do not know. */
interface ZlibWithZstd {
  createZstdDecompress?: (options: { params: Record<number, number>; chunkSize: number }) => Transform;
  constants: { ZSTD_d_windowLogMax?: number };
}
const { createZstdDecompress, constants } = zlib as unknown as ZlibWithZstd;

export const hasNativeZstd = createZstdDecompress !== undefined;

/** 2^23 = the 8 MiB of `frame.ts`, which has refused larger ones before; this is the second lock. */
const windowLogMax = 23;

/** Calls `emit` with the output as it is made. Needs `hasNativeZstd`. */
export class NativeDecoder {
  readonly #walker = new FrameWalker({ header: () => undefined, block: () => undefined });
  readonly #stream: Transform;
  readonly #failed: Promise<never>;

  constructor(emit: (bytes: Uint8Array) => void) {
    if (createZstdDecompress === undefined) throw new Error('this Node has no zstd');
    const stream = createZstdDecompress({
      params: { [constants.ZSTD_d_windowLogMax ?? 100]: windowLogMax },
      chunkSize: 128 * 1024,
    });
    this.#stream = stream;
    this.#failed = new Promise((_, reject) => {
      stream.on('error', reject);
      stream.on('close', () => reject(new Error('the decoder was closed')));
      stream.on('data', (bytes: Uint8Array) => {
        try {
          emit(bytes);
        } catch (refusal) {
          // What `emit` throws must reach the caller as it is; `destroy` also stops a bomb in the middle of a piece.
          stream.destroy(refusal as Error);
        }
      });
    });
    // It is awaited only while a push or the end is under way.
    this.#failed.catch(() => undefined);
  }

  /** Resolves when the piece has been taken in and its output emitted. Rejects with MalformedError or what `emit` threw. */
  async push(piece: Uint8Array): Promise<void> {
    this.#walker.push(piece);
    await this.#unlessFailed(new Promise<void>((resolve) => void this.#stream.write(piece, () => resolve())));
    // A refusal by `emit` comes just before or just after the write is called back.
    if (this.#stream.destroyed) await this.#unlessFailed(this.#failed);
  }

  async end(): Promise<void> {
    this.#walker.end();
    const ended = new Promise<void>((resolve) => this.#stream.once('end', resolve));
    this.#stream.end();
    await this.#unlessFailed(ended);
  }

  close(): void {
    this.#stream.destroy();
  }

  async #unlessFailed(work: Promise<void>): Promise<void> {
    try {
      await Promise.race([this.#failed, work]);
    } catch (thrown) {
      const code = (thrown as { code?: unknown }).code;
      if (typeof code === 'string' && code.startsWith('ZSTD_')) throw new MalformedError('its zstd frame is corrupt');
      throw thrown;
    }
  }
}
