// One connection from a lane's worker to its engine: a request goes out, its answer comes back, in order, one at a time.
// Back-pressure both ways: a piece of a file is read when the last one has left, and the socket is read when the proof's last
// piece is on disk.
import { connect, type Socket } from 'node:net';
import type { Answer } from '../../engines/answers.js';
import { type FrameEvent, FrameReader } from '../../engines/frameReader.js';
import type { ProvenFile } from '../../engines/jobs.js';
import { type FramePart, frameBytes, type OutgoingFrame } from '../../engines/requests.js';
import type { Failure } from '../../failures/catalog.js';
import { fail } from '../../failures/fail.js';
import { failureFrom } from '../../failures/failureFrom.js';
import { failed, type Outcome, succeeded } from '../../failures/outcome.js';
import type { LaneId } from '../../ids.js';
import { openStored, type StoredReader } from '../../storedBytes/openStored.js';
import type { ProofSink } from './proofSink.js';

/** What ends a request; progress comes before it. */
export type Reply = Exclude<Answer, { kind: 'progress' }> | { readonly kind: 'proof'; readonly file: ProvenFile };

export interface Expectation {
  readonly onProgress: (answer: Extract<Answer, { kind: 'progress' }>['progress']) => void;
  readonly onLastByte: () => void;
  /** Present where a proof may be the answer. */
  readonly proof?: ProofSink;
  /** The request carries a job's bytes: if the engine dies now, they may be the reason. */
  readonly blame: boolean;
}

/** A request on its way and its answer. The first outcome stands. */
class Exchange {
  readonly outcome: Promise<Outcome<Reply>>;
  sentWhole = false;
  settled = false;
  #resolve: (outcome: Outcome<Reply>) => void = () => {};

  constructor(readonly expects: Expectation) {
    this.outcome = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  settle(outcome: Outcome<Reply>): void {
    this.settled = true;
    this.#resolve(outcome);
  }
}

type ProofEvent = Extract<FrameEvent, { kind: `proof${string}` }>;

/** Answers with which an engine may turn a request down before it has read it whole. */
const refusals: ReadonlySet<Reply['kind']> = new Set(['proverError', 'internalError', 'failure']);

export class LaneConnection {
  readonly #socket: Socket;
  readonly #laneId: LaneId;
  readonly #onLost: (failure: Failure) => void;
  readonly #reader = new FrameReader();
  #exchange: Exchange | undefined;
  /** Why the connection can carry no further request. */
  #ended: Failure | undefined;

  private constructor(socket: Socket, laneId: LaneId, onLost: (failure: Failure) => void) {
    this.#socket = socket;
    this.#laneId = laneId;
    this.#onLost = onLost;
    // Reading and writing see their own errors. One that comes after both would end the thread.
    socket.on('error', () => {});
    void this.#read();
  }

  /** Connects once. `onLost` is called when the engine ends the connection while no request is under way. */
  static open(path: string, laneId: LaneId, onLost: (failure: Failure) => void): Promise<LaneConnection> {
    return new Promise((resolve, reject) => {
      const socket = connect({ path });
      socket.once('error', reject);
      socket.once('connect', () => {
        socket.removeListener('error', reject);
        resolve(new LaneConnection(socket, laneId, onLost));
      });
    });
  }

  /** False once the connection has ended or a frame was left unfinished. */
  get open(): boolean {
    return this.#ended === undefined;
  }

  /** Sends a frame and waits for its answer. Called only when the one before has been answered. */
  async request(frame: OutgoingFrame, expects: Expectation): Promise<Outcome<Reply>> {
    if (this.#ended !== undefined) return failed(this.#ended);
    const exchange = new Exchange(expects);
    this.#exchange = exchange;
    const sending = this.#send(frame, exchange);
    const outcome = await exchange.outcome;
    await sending;
    this.#exchange = undefined;
    await expects.proof?.discard();
    return outcome;
  }

  /** Ends the connection at once. A request under way ends with `failure`, and so does every later one. */
  cut(failure: Failure): void {
    this.#ended ??= failure;
    this.#exchange?.settle(failed(failure));
    this.#socket.destroy();
  }

  async #send(frame: OutgoingFrame, exchange: Exchange): Promise<void> {
    const opened: StoredReader[] = [];
    try {
      for (const part of frame) if (part.kind === 'file') opened.push(await openStored(part.file));
    } catch (thrown) {
      // Nothing has been sent: the connection stays usable.
      exchange.settle(failed(this.#failureFrom(thrown)));
    }
    try {
      let unsentBytes = frameBytes(frame);
      const readers = opened.values();
      for (const part of frame) {
        for await (const piece of piecesOf(part, readers)) {
          if (exchange.settled) return;
          unsentBytes -= piece.byteLength;
          // Before the write: the answer may be read before the write's own completion is.
          exchange.sentWhole = unsentBytes === 0;
          await this.#write(piece);
        }
      }
    } catch (thrown) {
      this.cut(this.#failureFrom(thrown));
    } finally {
      for (const reader of opened) await reader.close();
    }
  }

  /** Resolves when the bytes have left, or when the socket has failed: that ends the reading too, which then says why. */
  #write(bytes: Uint8Array): Promise<void> {
    return new Promise((resolve) => {
      this.#socket.write(bytes, () => resolve());
    });
  }

  async #read(): Promise<void> {
    let detail = 'it closed the connection';
    try {
      for await (const chunk of this.#socket) {
        for (const event of this.#reader.push(chunk as Buffer)) await this.#take(event);
      }
      if (!this.#reader.idle) detail = 'it closed the connection within an answer';
    } catch (error) {
      detail = `the connection failed (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`;
    }
    if (this.#ended === undefined) this.#end(detail);
  }

  /** The engine is gone, or no longer speaks the protocol. */
  #end(detail: string): void {
    const exchange = this.#exchange;
    const failure = this.#lost(detail, exchange?.expects.blame ?? false);
    this.cut(failure);
    if (exchange === undefined) this.#onLost(failure);
  }

  async #take(event: FrameEvent): Promise<void> {
    const exchange = this.#exchange;
    if (this.#ended !== undefined) return;
    if (event.kind === 'broken') this.#end(`it left the protocol: ${event.problem}`);
    else if (exchange === undefined || exchange.settled) this.#end('it spoke without being asked');
    else if (event.kind !== 'answer') await this.#takeProof(event, exchange);
    else if (event.answer.kind === 'progress') exchange.expects.onProgress(event.answer.progress);
    else this.#answer(event.answer, exchange);
  }

  async #takeProof(event: ProofEvent, exchange: Exchange): Promise<void> {
    const { proof } = exchange.expects;
    if (proof === undefined) {
      this.#end('it answered with a proof that was not asked for');
    } else if (!exchange.sentWhole) {
      this.#end('it answered before it was asked');
    } else if (event.kind === 'proofStart') {
      proof.open();
    } else if (event.kind === 'proofPiece') {
      proof.write(event.bytes);
    } else {
      exchange.expects.onLastByte();
      const file = await proof.finish();
      exchange.settle(file.ok ? succeeded({ kind: 'proof', file: file.value }) : file);
    }
  }

  #answer(answer: Reply, exchange: Exchange): void {
    if (answer.kind === 'connectionClosed') {
      this.#end('it said that it closes the connection');
    } else if (exchange.sentWhole) {
      exchange.expects.onLastByte();
      exchange.settle(succeeded(answer));
    } else if (refusals.has(answer.kind)) {
      exchange.settle(succeeded(answer));
      // The rest of the frame will not be sent, so nothing can follow it.
      this.cut(this.#lost('it refused a request before its end', false));
    } else {
      this.#end('it answered before it was asked');
    }
  }

  #lost(detail: string, blame: boolean): Failure {
    return fail('ENGINE_LOST', { laneId: this.#laneId, detail, blame });
  }

  #failureFrom(thrown: unknown): Failure {
    return failureFrom(
      thrown,
      `lane ${this.#laneId}: ${(thrown as NodeJS.ErrnoException).code ?? 'sending a request'}`,
    );
  }
}

async function* piecesOf(part: FramePart, readers: Iterator<StoredReader>): AsyncGenerator<Uint8Array, void> {
  if (part.kind === 'bytes') return yield part.bytes;
  yield* (readers.next().value as StoredReader).pieces();
}
