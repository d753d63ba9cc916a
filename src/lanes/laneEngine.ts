// A lane's engine over all its starts: the start, the connection to it, and the news that either has ended. Its home decides where it
// comes from.
import type { Clock } from '../clock.js';
import type { Engine, RunWatch } from '../engines/engine.js';
import type { Progress, ProofMode, WrappedMode } from '../engines/jobs.js';
import { traitsOf } from '../engines/traits.js';
import type { Failure } from '../failures/catalog.js';
import { fail } from '../failures/fail.js';
import { failed, type Outcome, succeeded } from '../failures/outcome.js';
import type { LaneId } from '../ids.js';
import type { Log } from '../log.js';
import type { Loss } from '../machines/lane/machine.js';
import { proverBytes } from './capacity.js';
import type { EngineHome, LaunchedEngine } from './engineHost.js';
import { type EngineExit, failureOfExit } from './engineProcess.js';
import { UnstartableError } from './unstartableError.js';

/** The end of a connection is seen before the end of its process, whose cause says more: the kernel needs milliseconds in between. */
const exitGraceMs = 1_000;

export interface LaneEngineParameters {
  readonly id: LaneId;
  readonly home: EngineHome;
  /** Of prove lanes: the mode to load the prover for. */
  readonly firstMode: ProofMode | undefined;
  readonly clock: Clock;
  readonly log: Log;
}

/** One run of the engine, from its start to its end. */
class Life {
  running: LaunchedEngine | undefined;
  /** Settles when `running` is set or will never be: an end that comes earlier has to wait for it. */
  launched: Promise<unknown> = Promise.resolve();
  /** Until then a connection that is lost is the one of the life before, whose end was seen by its process first. */
  isConnected = false;
  loss: Loss | undefined;
  /** Settles when the prover is loaded or never will be. */
  warm: Promise<Outcome<void>> = Promise.resolve(failed(fail('ABORTED')));
  lastProgress: Progress | undefined;
  startedAt = 0;
  /** How long it took until the first job could start at once: the price of starting another one. Undefined: not known yet. */
  startMs: number | undefined;
  readonly ended = new AbortController();
  readonly warmListeners = new Set<(progress: Progress) => void>();
}

export class LaneEngine {
  readonly #about: LaneEngineParameters;
  #engine: Engine | undefined;
  #address = '';
  #life = new Life();
  #ending: Promise<void> = Promise.resolve();
  #wrapCircuits: readonly WrappedMode[] | undefined;
  readonly #lossListeners = new Set<(loss: Loss) => void>();

  constructor(about: LaneEngineParameters) {
    this.#about = about;
    this.#lookForCircuits();
  }

  /** The wrapped modes whose circuit files this engine has. Undefined when that is not known, because others manage the engine. */
  get wrapCircuits(): readonly WrappedMode[] | undefined {
    return this.#wrapCircuits;
  }

  get programs(): Engine['programs'] {
    return this.#engine?.programs ?? new Set();
  }

  /** The connection. An engine is asked for only between a start that succeeded and its end. */
  get connection(): Engine {
    if (this.#engine === undefined) throw new Error('no engine has been started');
    return this.#engine;
  }

  /** False for an engine that others manage: then a job cannot be stopped either. */
  get isManaged(): boolean {
    return this.#about.home.isManaged;
  }

  get startMs(): number | undefined {
    return this.#life.startMs;
  }

  /** Ends the engine before, starts one and connects to it. Returns why that failed, or null. Never rejects but for a bug. */
  async start(stopped: AbortSignal): Promise<Loss | null> {
    await this.end();
    const { clock, home } = this.#about;
    // Stopped meanwhile: the caller of the stop has seen that nothing runs, and it has to stay so.
    if (stopped.aborted) return null;
    const life = new Life();
    this.#life = life;
    life.startedAt = clock.steady();
    const launching = this.#launch(life);
    life.launched = launching.catch(() => {});
    try {
      const running = await launching;
      if (stopped.aborted) return null;
      if (running.address !== this.#address) await this.#disconnect();
      if (stopped.aborted) return null;
      this.#engine ??= this.#open(running);
    } catch (error) {
      return this.#lossOf(
        fail('ENGINE_LOST', { laneId: this.#about.id, detail: this.#unstartable(error), blame: false }),
      );
    }
    const gone = new AbortController();
    void life.running?.process?.exited.then(() => gone.abort());
    const connected = await this.#engine.connect(AbortSignal.any([stopped, gone.signal]));
    if (stopped.aborted) return null;
    if (!connected.ok) {
      // Connecting was given up because the process had ended.
      const gaveUp = fail('ENGINE_LOST', { laneId: this.#about.id, detail: 'it ended at once', blame: false });
      return this.#lossOf(await this.causeOf(gone.signal.aborted ? gaveUp : connected.failure, false));
    }
    life.isConnected = true;
    if (traitsOf[home.kind].describesItself) {
      const info = await this.#engine.info();
      if (stopped.aborted) return null;
      if (!info.ok) return this.#lossOf(await this.causeOf(info.failure, false));
      this.#wrapCircuits = info.value.wrapCircuits;
    } else {
      this.#lookForCircuits();
    }
    await life.running?.parts?.look();
    if (stopped.aborted) return null;
    this.#warmUp(life);
    return null;
  }

  /** Why it is of no use any more: something that it needs was removed while it ran. The engine has to be started again. */
  async missingPart(): Promise<Failure | undefined> {
    const { id: laneId, log } = this.#about;
    const path = await this.#life.running?.parts?.missing();
    if (path === undefined) return undefined;
    log.warn({ event: 'engine.part_removed', laneId, path }, 'a part of the engine was removed: it is restarted');
    return fail('ENGINE_LOST', { laneId, detail: 'a part of it was removed', blame: false });
  }

  /** To be called after a job that succeeded: what is there now has to stay. */
  async noteParts(): Promise<void> {
    await this.#life.running?.parts?.look();
  }

  /** Resolves when no process is left. Idempotent. */
  end(): Promise<void> {
    const life = this.#life;
    life.ended.abort();
    this.#ending = this.#ending.then(() => life.launched).then(() => life.running?.process?.kill());
    return this.#ending;
  }

  /** Also gives up the connection and its thread. The next start makes new ones. */
  async close(): Promise<void> {
    await Promise.all([this.end(), this.#disconnect()]);
  }

  /** Gives up waiting for a process that cannot be killed: it no longer keeps this one alive. */
  abandon(): void {
    this.#life.running?.process?.abandon();
  }

  /** Waits until the prover is loaded, and reports how far it is. Fails as the engine's `waitReady` does. */
  async untilWarm(onProgress: (progress: Progress) => void): Promise<Outcome<void>> {
    const life = this.#life;
    if (life.lastProgress !== undefined && life.startMs === undefined) onProgress(life.lastProgress);
    life.warmListeners.add(onProgress);
    const outcome = await life.warm;
    life.warmListeners.delete(onProgress);
    return outcome;
  }

  /**
   * How many bytes of memory a proof of this mode needs beyond what the engine holds and what is free; zero or less when it fits.
   * Zero also for an engine that cannot say, whose memory is the GPU's.
   */
  async shortfall(mode: ProofMode): Promise<Outcome<number>> {
    if (!traitsOf[this.#about.home.kind].hostMemory) return succeeded(0);
    const info = await this.connection.info();
    if (!info.ok) return info;
    const heldBytes = this.#life.running?.process?.residentBytes() ?? 0;
    return succeeded(proverBytes[mode] - heldBytes - info.value.memoryAvailableBytes);
  }

  /** What its process holds in memory. Undefined: there is none of ours, or the kernel does not say. */
  residentBytes(): number | undefined {
    const bytes = this.#life.running?.process?.residentBytes();
    return bytes === 0 ? undefined : bytes;
  }

  /** Calls once, as soon as this engine is found dead while it has no job. Returns the unsubscribe function. */
  onLoss(listener: (loss: Loss) => void): () => void {
    if (this.#life.loss !== undefined) listener(this.#life.loss);
    this.#lossListeners.add(listener);
    return () => this.#lossListeners.delete(listener);
  }

  /** What a lost connection was really lost to: the exit of the process says more than the end of its socket. */
  async causeOf(failure: Failure, blame: boolean): Promise<Failure> {
    const process = this.#life.running?.process;
    const { clock, id } = this.#about;
    if (process === undefined || failure.code !== 'ENGINE_LOST') return failure;
    const exit = await new Promise<EngineExit | undefined>((resolve) => {
      const cancel = clock.wakeIn(exitGraceMs, () => resolve(undefined));
      void process.exited.then((exited) => {
        cancel();
        resolve(exited);
      });
    });
    return exit === undefined ? failure : failureOfExit(exit, id, blame);
  }

  async #launch(life: Life): Promise<LaunchedEngine> {
    const { home, id } = this.#about;
    const running = await home.launch();
    life.running = running;
    void running.process?.exited.then((exit) => this.#lose(life, failureOfExit(exit, id, false)));
    return running;
  }

  /** Also before the first start, so that no request is taken that this lane will never prove. */
  #lookForCircuits(): void {
    this.#wrapCircuits = this.#about.home.circuits();
  }

  async #disconnect(): Promise<void> {
    const engine = this.#engine;
    this.#engine = undefined;
    await engine?.close();
  }

  #open(running: LaunchedEngine): Engine {
    this.#address = running.address;
    return running.open(async (failure) => {
      const life = this.#life;
      if (life.isConnected) this.#lose(life, await this.causeOf(failure, false));
    });
  }

  #warmUp(life: Life): void {
    const { firstMode, clock } = this.#about;
    const watch: RunWatch = {
      signal: life.ended.signal,
      onProgress(progress) {
        life.lastProgress = progress;
        for (const listener of life.warmListeners) listener(progress);
      },
    };
    const ready =
      firstMode === undefined ? Promise.resolve(succeeded(undefined)) : this.connection.waitReady(firstMode, watch);
    life.warm = ready.then((outcome) => {
      if (outcome.ok) {
        life.running?.process?.keepToItself();
        life.startMs = clock.steady() - life.startedAt;
      } else void this.causeOf(outcome.failure, false).then((failure) => this.#lose(life, failure));
      return outcome;
    });
  }

  /** The first news of a life's end counts. None does after we have ended it ourselves. */
  #lose(life: Life, failure: Failure): void {
    if (life !== this.#life || life.loss !== undefined || life.ended.signal.aborted) return;
    life.loss = this.#lossOf(failure);
    for (const listener of this.#lossListeners) listener(life.loss);
  }

  #lossOf(failure: Failure): Loss {
    return { failure, at: this.#about.clock.steady() };
  }

  #unstartable(error: unknown): string {
    this.#about.log.error(
      { event: 'engine.unstartable', laneId: this.#about.id, err: error },
      'engine cannot be started',
    );
    const { message, code } = error as NodeJS.ErrnoException;
    return error instanceof UnstartableError ? message : `cannot be reached (${code ?? message})`;
  }
}
