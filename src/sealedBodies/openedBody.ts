// The plaintext of a sealed body as a stream. It reads no further than it is read, and gives its source back when it is destroyed: unread
// bytes are the transport's again, which answers on the same connection.
import { Readable } from 'node:stream';
import type { Failure } from '../failures/catalog.js';
import { FailureError } from '../failures/failureError.js';
import { createFrameOpener, type FrameOpener } from './frameOpener.js';
import { createFrameReader, type FrameReader, framePlaintextBytes, type OpenFrame } from './frames.js';

export interface OpenedBodyParameters {
  readonly source: Readable;
  readonly open: OpenFrame;
  /** Most plaintext of a frame, where less than a frame's own limit will be read in all. */
  readonly mostFrameBytes?: number;
}

/** Ends only after the last frame and the source's end. Fails with BODY_MALFORMED or BODY_TRUNCATED, or when its source breaks off. */
export class OpenedBody extends Readable {
  readonly #source: Readable;
  readonly #frames: FrameReader;
  readonly #opener: FrameOpener;
  #isAttached = false;
  #isWorking = false;
  #hasSourceEnded = false;
  /** Called when there is room for more plaintext. */
  #makeRoom: (() => void) | undefined;

  constructor({ source, open, mostFrameBytes }: OpenedBodyParameters) {
    // A frame at a time: with what the source holds this is all that a body has in memory.
    super({ highWaterMark: framePlaintextBytes });
    this.#source = source;
    this.#frames = createFrameReader(mostFrameBytes);
    this.#opener = createFrameOpener(open);
  }

  /** What was wrong with it, when it was the body and not its connection. */
  get failure(): Failure | undefined {
    return this.errored instanceof FailureError ? this.errored.failure : undefined;
  }

  override _read(): void {
    const room = this.#makeRoom;
    this.#makeRoom = undefined;
    if (room !== undefined) room();
    else if (!this.#isAttached) this.#attach();
    else if (!this.#isWorking) this.#source.resume();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#source.off('data', this.#take).off('end', this.#end).off('close', this.#broken).off('error', this.#broken);
    // A late error of a stream that is no longer read must not end the process.
    this.#source.on('error', () => undefined).pause();
    this.#makeRoom?.();
    done(error);
  }

  #attach(): void {
    this.#isAttached = true;
    const source = this.#source.on('data', this.#take).on('end', this.#end);
    source.on('close', this.#broken).on('error', this.#broken);
    // An empty body may have ended before there was a listener.
    if (source.readableEnded) this.#end();
    else if (source.destroyed) this.#broken();
  }

  #take = (chunk: Uint8Array): void => {
    this.#source.pause();
    this.#isWorking = true;
    this.#work(chunk).then(
      () => {
        this.#isWorking = false;
        if (this.#hasSourceEnded) this.#end();
        else if (!this.destroyed) this.#source.resume();
      },
      (error: Error) => this.destroy(error),
    );
  };

  async #work(chunk: Uint8Array): Promise<void> {
    for (const frame of this.#frames.take(chunk)) {
      const plaintext = await this.#opener.opened(frame);
      this.#frames.giveBack(frame);
      if (this.destroyed) return;
      if (plaintext.byteLength > 0 && !this.push(plaintext)) await new Promise<void>(this.#waitForRoom);
    }
  }

  #waitForRoom = (resolve: () => void): void => {
    this.#makeRoom = resolve;
  };

  #end = (): void => {
    this.#hasSourceEnded = true;
    if (this.#isWorking || this.destroyed) return;
    try {
      this.#opener.end(this.#frames.isWithin);
      this.push(null);
    } catch (error) {
      this.destroy(error as Error);
    }
  };

  #broken = (): void => {
    if (!this.#source.readableEnded) this.destroy(new Error('the body broke off'));
  };
}
