// Decodes the zstd of uploads as it streams in: Node's own decoder, behind a walk over the frame that refuses what is too large for it.
import type { Transform } from 'node:stream';
import { constants, createZstdDecompress } from 'node:zlib';
import { MalformedError } from '../malformed.js';
import { FrameWalker } from './frame.js';

/** 2^23 = the 8 MiB of `frame.ts`, which has refused larger ones before. This is the second lock. */
const windowLogMax = 23;

/**
 * Decodes exactly one frame, piece by piece. `emit` gets the output in order and may throw to stop. Its argument is valid during the
 * call only. After a rejection only `close` may be called.
 */
export class ZstdDecoder {
  readonly #walker = new FrameWalker();
  readonly #stream: Transform;
  readonly #failed: Promise<never>;

  constructor(emit: (bytes: Uint8Array) => void) {
    const stream = createZstdDecompress({
      params: { [constants.ZSTD_d_windowLogMax]: windowLogMax },
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

  /** Rejects with MalformedError when the frame is not complete. */
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
