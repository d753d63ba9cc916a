// A lane's engine as the main thread holds it: one worker thread that owns the connection, and the calls to it one by one.
import { extname } from 'node:path';
import { MessageChannel, type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import { Piscina } from 'piscina';
import type { Failure } from '../failures/catalog.js';
import { fail } from '../failures/fail.js';
import { failed, type Outcome, succeeded } from '../failures/outcome.js';
import type { Sha256 } from '../ids.js';
import type { StoredFile } from '../storedBytes/storedFile.js';
import type { Engine, EngineInfo, EngineOptions, RunWatch } from './engine.js';
import type { JobOf, ProofMode, ResultOf, SetUp, Stage } from './jobs.js';
import type { FromLaneWorker, LaneOrder, LaneReply, LaneTask, LaneValues, ToLaneWorker } from './laneTask.js';

/** Under tsx the worker is TypeScript like this module, in `dist` it is JavaScript. */
const workerFile = new URL(`../workers/lane.worker${extname(import.meta.url)}`, import.meta.url).href;

/** First and longest pause between two attempts to connect. Our engine binds within milliseconds, a cold GPU within a minute. */
const minPauseMs = 10;
const maxPauseMs = 250;

/** Starts the lane's worker thread. Nothing is connected yet. */
export function openEngine(options: EngineOptions): Engine {
  return new LaneWorker(options);
}

type OrderOf<K extends LaneOrder['kind']> = Extract<LaneOrder, { kind: K }>;
type Watch = Partial<RunWatch>;

class LaneWorker implements Engine {
  readonly kind: Engine['kind'];
  readonly #options: EngineOptions;
  readonly #pool: Piscina<LaneTask, LaneReply>;
  #events: MessagePort | undefined;
  #lastCall = 0;
  #current: { readonly call: number; readonly watch: Watch; afterwards: () => void } | undefined;
  /** Settles when the call before has ended. Never rejects. */
  #turn: Promise<unknown> = Promise.resolve();
  /** Number of the open connection, 0 when there is none. */
  #connection = 0;
  #programs: ReadonlySet<Sha256> = new Set();
  #closed = false;

  constructor(options: EngineOptions) {
    this.kind = options.kind;
    this.#options = options;
    this.#pool = new Piscina({
      filename: workerFile,
      minThreads: 1,
      maxThreads: 1,
      concurrentTasksPerWorker: 1,
      idleTimeout: Number.POSITIVE_INFINITY,
      // An idle thread blocked in Atomics.wait would not see its engine close the connection.
      atomics: 'disabled',
    });
    // A thread that dies shows in the call that it ran and in its closed port; unheard, this event would end the process.
    this.#pool.on('error', () => {});
  }

  get connected(): boolean {
    return this.#connection > 0;
  }

  get programs(): ReadonlySet<Sha256> {
    return this.#programs;
  }

  async connect(signal?: AbortSignal): Promise<Outcome<void>> {
    const { clock, readyTimeoutMs } = this.#options;
    const giveUpAt = clock.steady() + readyTimeoutMs;
    const watch = signal === undefined ? {} : { signal };
    for (let pauseMs = minPauseMs; ; pauseMs = Math.min(2 * pauseMs, maxPauseMs)) {
      if (this.#events === undefined) {
        const attached = await this.#attach();
        if (!attached.ok) return attached;
      }
      const outcome = await this.#call({ kind: 'connect' }, watch);
      if (!outcome.ok) return outcome;
      if (outcome.value.accepted)
        return this.connected ? succeeded(undefined) : failed(this.#engineLost('it accepted and was gone'));
      if (clock.steady() + pauseMs > giveUpAt) {
        const detail = `nobody accepted on its socket for ${readyTimeoutMs} ms (${outcome.value.reason})`;
        return failed(this.#engineLost(detail));
      }
      await this.#pause(pauseMs, signal);
    }
  }

  info(): Promise<Outcome<EngineInfo>> {
    return this.#call({ kind: 'info' }, {});
  }

  waitReady(mode: ProofMode, watch: RunWatch): Promise<Outcome<void>> {
    return this.#call({ kind: 'waitReady', mode }, watch);
  }

  run<S extends Stage>(job: JobOf<S>, watch: RunWatch): Promise<Outcome<ResultOf[S]>> {
    return this.#call({ kind: 'run', job }, watch) as Promise<Outcome<ResultOf[S]>>;
  }

  setUp(program: StoredFile, watch: RunWatch): Promise<Outcome<SetUp>> {
    return this.#call({ kind: 'setUp', program }, watch);
  }

  forget(program: Sha256, watch: Watch = {}): Promise<Outcome<void>> {
    return this.#call({ kind: 'forget', program }, watch);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#events?.close();
    // Ends the thread and with it the connection. A call under way is rejected and answered as ABORTED.
    await this.#pool.destroy();
    this.#disconnected();
  }

  async #attach(): Promise<Outcome<undefined>> {
    const { laneId, kind, socketPath } = this.#options;
    const { port1, port2 } = new MessageChannel();
    port1.on('message', (message: FromLaneWorker) => this.#hear(message));
    port1.once('close', () => this.#threadEnded(port1));
    this.#events = port1;
    return this.#call({ kind: 'attach', laneId, engine: kind, socketPath, events: port2 }, {}, [port2]);
  }

  /** Makes one call when the ones before have ended. */
  async #call<K extends keyof LaneValues>(
    order: OrderOf<K>,
    watch: Watch,
    transferList: MessagePort[] = [],
  ): Promise<Outcome<LaneValues[K]>> {
    const call = ++this.#lastCall;
    const before = this.#turn;
    let end: () => void = () => {};
    this.#turn = new Promise<void>((resolve) => {
      end = resolve;
    });
    await before;
    const abort = () => this.#events?.postMessage({ kind: 'abort', call } satisfies ToLaneWorker);
    try {
      if (this.#closed || watch.signal?.aborted) return failed(fail('ABORTED'));
      this.#current = { call, watch, afterwards: () => {} };
      watch.signal?.addEventListener('abort', abort, { once: true });
      const reply = await this.#pool.run({ call, order }, { transferList });
      this.#hearAll();
      this.#connection = reply.connection;
      this.#programs = new Set(reply.programs);
      return reply.outcome as Outcome<LaneValues[K]>;
    } catch {
      this.#disconnected();
      return failed(this.#closed ? fail('ABORTED') : this.#threadLost());
    } finally {
      watch.signal?.removeEventListener('abort', abort);
      // After the caller has heard this call's outcome.
      if (this.#current !== undefined) setImmediate(this.#current.afterwards);
      this.#current = undefined;
      end();
    }
  }

  /** What the worker said before its reply is in the port's queue already, but the reply may be read first. */
  #hearAll(): void {
    if (this.#events === undefined) return;
    for (let said = receiveMessageOnPort(this.#events); said; said = receiveMessageOnPort(this.#events)) {
      this.#hear(said.message as FromLaneWorker);
    }
  }

  #hear(message: FromLaneWorker): void {
    if (message.kind === 'lost') this.#lost(message.connection, message.failure);
    else if (this.#current?.call !== message.call) return;
    else if (message.kind === 'progress') this.#current.watch.onProgress?.(message.progress);
    else this.#current.watch.onLastByte?.(message.at);
  }

  /** The outcome of a call reports a loss during the call, unless the loss came after the reply. So it waits, and is looked at again. */
  #lost(connection: number, failure: Failure): void {
    if (this.#current !== undefined) {
      this.#current.afterwards = () => this.#lost(connection, failure);
    } else if (connection > 0 && this.#connection === connection) {
      this.#disconnected();
      this.#options.onLost(failure);
    }
  }

  #threadEnded(port: MessagePort): void {
    if (this.#events === port) this.#events = undefined;
    if (!this.#closed) this.#lost(this.#connection, this.#threadLost());
  }

  #threadLost(): Failure {
    return this.#engineLost("the lane's worker thread ended");
  }

  #engineLost(detail: string): Failure {
    return fail('ENGINE_LOST', { laneId: this.#options.laneId, detail, blame: false });
  }

  #disconnected(): void {
    this.#connection = 0;
    this.#programs = new Set();
  }

  #pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
    const { clock } = this.#options;
    return new Promise((resolve) => {
      const end = () => {
        cancel();
        signal?.removeEventListener('abort', end);
        resolve();
      };
      const cancel = clock.wakeIn(ms, end);
      signal?.addEventListener('abort', end, { once: true });
      if (signal?.aborted) end();
    });
  }
}
