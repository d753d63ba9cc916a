// Cuts the bytes that an engine sends into answers, as they come. Small answers are decoded whole. A proof passes through in
// pieces and is never held. Nothing that arrives here can throw.
import { Buffer } from 'node:buffer';
import { type Answer, answerNumber, decodeAnswer } from './answers.js';
import { MalformedFrame } from './bincode.js';

/** Payload sizes above which an engine has left the protocol. */
export interface FrameLimits {
  readonly proofBytes: number;
  readonly otherBytes: number;
}

/**
 * A core proof of the largest programs is some hundred MiB. Other answers are small but for public values, which the service
 * must hold to hash. A rightful larger answer would show as ENGINE_LOST with "announced … bytes".
 */
export const defaultFrameLimits: FrameLimits = { proofBytes: 2 ** 30, otherBytes: 64 * 2 ** 20 };

export type FrameEvent =
  | { readonly kind: 'answer'; readonly answer: Answer }
  /** `sizeBytes` of proof file follow as pieces, then `proofEnd`. */
  | { readonly kind: 'proofStart'; readonly sizeBytes: number }
  /** A view of the pushed chunk. */
  | { readonly kind: 'proofPiece'; readonly bytes: Uint8Array }
  | { readonly kind: 'proofEnd' }
  /** The engine has left the protocol. No event follows this one, whatever is pushed. */
  | { readonly kind: 'broken'; readonly problem: string };

type State =
  | { readonly at: 'length' }
  | { readonly at: 'variant'; readonly payloadBytes: number }
  | { readonly at: 'body' }
  | { readonly at: 'proof'; remainingBytes: number }
  | { readonly at: 'broken' };

export class FrameReader {
  readonly #limits: FrameLimits;
  #state: State = { at: 'length' };
  /** What is being filled: a length, a variant, or a small payload whose first four bytes are its variant. */
  #filling = Buffer.allocUnsafe(4);
  #filledBytes = 0;

  constructor(limits: FrameLimits = defaultFrameLimits) {
    this.#limits = limits;
  }

  /** Between two frames: the only place where an engine may rightfully close. */
  get idle(): boolean {
    return this.#state.at === 'length' && this.#filledBytes === 0;
  }

  /** Events of these bytes, in order. The same bytes give the same answers however they are cut. */
  *push(chunk: Uint8Array): Generator<FrameEvent, void> {
    let rest = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    while (rest.length > 0 && this.#state.at !== 'broken') {
      if (this.#state.at === 'proof') {
        const piece = rest.subarray(0, this.#state.remainingBytes);
        rest = rest.subarray(piece.length);
        this.#state.remainingBytes -= piece.length;
        yield { kind: 'proofPiece', bytes: piece };
        if (this.#state.remainingBytes === 0) yield this.#endProof();
      } else {
        const copied = rest.copy(this.#filling, this.#filledBytes);
        rest = rest.subarray(copied);
        this.#filledBytes += copied;
        if (this.#filledBytes === this.#filling.length) yield* this.#advance(this.#filling);
      }
    }
  }

  *#advance(filled: Buffer): Generator<FrameEvent, void> {
    if (this.#state.at === 'length') {
      const payloadBytes = filled.readUInt32LE();
      if (payloadBytes < 4) yield this.#break(`announced a frame of ${payloadBytes} bytes`);
      else this.#fill({ at: 'variant', payloadBytes }, 4);
    } else if (this.#state.at === 'variant') {
      yield* this.#begin(this.#state.payloadBytes, filled.readUInt32LE());
    } else {
      this.#fill({ at: 'length' }, 4);
      yield this.#decode(filled);
    }
  }

  *#begin(payloadBytes: number, variant: number): Generator<FrameEvent, void> {
    const isProof = variant === answerNumber.proof;
    const limit = isProof ? this.#limits.proofBytes : this.#limits.otherBytes;
    if (payloadBytes > limit) {
      yield this.#break(`announced ${payloadBytes} bytes for answer ${variant}, of at most ${limit}`);
    } else if (isProof) {
      const sizeBytes = payloadBytes - 4;
      this.#fill({ at: 'proof', remainingBytes: sizeBytes }, 0);
      yield { kind: 'proofStart', sizeBytes };
      if (sizeBytes === 0) yield this.#endProof();
    } else {
      this.#fill({ at: 'body' }, payloadBytes);
      this.#filledBytes = this.#filling.writeUInt32LE(variant);
      // An answer of a variant alone is complete already, and no further byte may come.
      if (payloadBytes === 4) yield* this.#advance(this.#filling);
    }
  }

  #decode(payload: Buffer): FrameEvent {
    try {
      return { kind: 'answer', answer: decodeAnswer(payload) };
    } catch (error) {
      if (!(error instanceof MalformedFrame)) throw error;
      return this.#break(`answer ${payload.readUInt32LE()}: ${error.message}`);
    }
  }

  #endProof(): FrameEvent {
    this.#fill({ at: 'length' }, 4);
    return { kind: 'proofEnd' };
  }

  #break(problem: string): FrameEvent {
    this.#fill({ at: 'broken' }, 0);
    return { kind: 'broken', problem };
  }

  #fill(state: State, sizeBytes: number): void {
    this.#state = state;
    // Its own memory, never the pool's: a public value may stay in use while the next answer arrives.
    this.#filling = Buffer.allocUnsafeSlow(sizeBytes);
    this.#filledBytes = 0;
  }
}
