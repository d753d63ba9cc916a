// A lane's engine through all its lives: the process, the connection to it, and the news that either has ended.
import type { Clock } from '../../clock.js';
import type { Engine, EngineOptions, RunWatch } from '../../engines/engine.js';
import type { Progress, ProofMode, Stage, WrappedMode } from '../../engines/jobs.js';
import { type Failure, fail, failed, type Outcome, succeeded } from '../../errors.js';
import type { LaneId } from '../../ids.js';
import type { Log } from '../../log.js';
import type { Loss } from '../../machines/lane.js';
import { proverBytes } from './capacity.js';
import { circuitFilesFound } from './circuitFiles.js';
import { type EngineExit, type EngineProcess, failureOfExit, startEngineProcess } from './engineProcess.js';
import { type EngineSpec, foreignSocketOf, prepareLaunch } from './engineProcessLaunch.js';

/** A cold sp1-gpu-server initialises CUDA before it binds its socket; our own engine binds at once. */
const readyTimeoutMs = { cpu: 20_000, gpu: 120_000 } as const;

/** The end of a connection is seen before the end of its process, whose cause says more: the kernel needs milliseconds in between. */
const exitGraceMs = 1_000;

export interface LaneEngineParameters {
  readonly id: LaneId;
  readonly stage: Stage;
  readonly spec: EngineSpec;
  /** A private folder for sockets, on a short path. */
  readonly runFolder: string;
  /** Of prove lanes: the mode to load the prover for. */
  readonly firstMode: ProofMode | undefined;
  readonly clock: Clock;
  readonly log: Log;
  readonly openEngine: (options: EngineOptions) => Engine;
}

/** One life of the engine: from its start to its end. */
class Life {
  process: EngineProcess | undefined;
  /** Settles when `process` is set or will never be: an end that comes earlier has to wait for it. */
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
  #life = new Life();
  #ending: Promise<void> = Promise.resolve();
  #wrapCircuits: readonly WrappedMode[] | undefined;
  readonly #lossListeners = new Set<(loss: Loss) => void>();

  constructor(about: LaneEngineParameters) {
    this.#about = about;
    this.#lookForCircuits();
  }

  /** The wrapped modes whose circuit files this engine has; undefined when that is not known: it runs under somebody else's care. */
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

  /** False for an engine that runs under somebody else's care: then a job cannot be stopped either. */
  get isManaged(): boolean {
    return foreignSocketOf(this.#about.spec) === undefined;
  }

  get startMs(): number | undefined {
    return this.#life.startMs;
  }

  /** Ends the engine before, starts one and connects to it; answers why that failed, or null. Never rejects but for a bug. */
  async start(stopped: AbortSignal): Promise<Loss | null> {
    await this.end();
    const { clock, spec } = this.#about;
    // Stopped meanwhile: whoever stopped us has seen that nothing runs, and so it has to stay.
    if (stopped.aborted) return null;
    const life = new Life();
    this.#life = life;
    life.startedAt = clock.now();
    const launching = this.#launch(life);
    life.launched = launching.catch(() => {});
    try {
      const socketPath = await launching;
      if (stopped.aborted) return null;
      this.#engine ??= this.#open(socketPath);
    } catch (error) {
      return this.#lossOf(fail('ENGINE_LOST', { laneId: this.#about.id, detail: this.#told(error), blame: false }));
    }
    const gone = new AbortController();
    void life.process?.exited.then(() => gone.abort());
    const connected = await this.#engine.connect(AbortSignal.any([stopped, gone.signal]));
    if (stopped.aborted) return null;
    if (!connected.ok) return this.#lossOf(await this.causeOf(connected.failure, false));
    life.isConnected = true;
    if (spec.kind === 'cpu') {
      const info = await this.#engine.info();
      if (stopped.aborted) return null;
      if (!info.ok) return this.#lossOf(await this.causeOf(info.failure, false));
      this.#wrapCircuits = info.value.wrapCircuits;
    } else {
      this.#lookForCircuits();
    }
    this.#warmUp(life);
    return null;
  }

  /** Resolves when no process is left. Idempotent. */
  end(): Promise<void> {
    const life = this.#life;
    life.ended.abort();
    this.#ending = this.#ending.then(() => life.launched).then(() => life.process?.kill());
    return this.#ending;
  }

  /** Also gives up the connection and its thread; the next start makes new ones. */
  async close(): Promise<void> {
    const engine = this.#engine;
    this.#engine = undefined;
    await Promise.all([this.end(), engine?.close()]);
  }

  /** Gives up waiting for a process that cannot be killed: it no longer keeps this one alive. */
  abandon(): void {
    this.#life.process?.abandon();
  }

  /** Waits until the prover is loaded, and tells how far it is. Fails as the engine's `waitReady` does. */
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
    if (this.#about.spec.kind !== 'cpu') return succeeded(0);
    const info = await this.connection.info();
    if (!info.ok) return info;
    const heldBytes = (await this.#life.process?.residentBytes()) ?? 0;
    return succeeded(proverBytes[mode] - heldBytes - info.value.memoryAvailableBytes);
  }

  /** Calls once, as soon as this engine is found dead while it has no job. Returns the unsubscribe function. */
  onLoss(listener: (loss: Loss) => void): () => void {
    if (this.#life.loss !== undefined) listener(this.#life.loss);
    this.#lossListeners.add(listener);
    return () => this.#lossListeners.delete(listener);
  }

  /** What a lost connection was really lost to: the exit of the process says more than the end of its socket. */
  async causeOf(failure: Failure, blame: boolean): Promise<Failure> {
    const { process } = this.#life;
    const { clock, id } = this.#about;
    if (process === undefined || failure.code !== 'ENGINE_LOST') return failure;
    const exit = await new Promise<EngineExit | undefined>((resolve) => {
      const cancel = clock.wakeAt(clock.now() + exitGraceMs, () => resolve(undefined));
      void process.exited.then((exited) => {
        cancel();
        resolve(exited);
      });
    });
    return exit === undefined ? failure : failureOfExit(exit, id, blame);
  }

  async #launch(life: Life): Promise<string> {
    const { spec, id, stage, runFolder, log } = this.#about;
    if ('socketPath' in spec) return spec.socketPath;
    const launch = await prepareLaunch(spec, { id, stage, runFolder }, log);
    life.process = await startEngineProcess(launch, id, log);
    void life.process.exited.then((exit) => this.#lose(life, failureOfExit(exit, id, false)));
    return launch.socketPath;
  }

  /** Also before the first start, so that no request is taken that this lane will never prove. */
  #lookForCircuits(): void {
    const { spec } = this.#about;
    if ('env' in spec) this.#wrapCircuits = circuitFilesFound(spec.env);
  }

  #open(socketPath: string): Engine {
    const { id: laneId, spec, clock } = this.#about;
    const onLost = async (failure: Failure) => {
      const life = this.#life;
      if (life.isConnected) this.#lose(life, await this.causeOf(failure, false));
    };
    const timeout = readyTimeoutMs[spec.kind];
    return this.#about.openEngine({ laneId, kind: spec.kind, socketPath, readyTimeoutMs: timeout, clock, onLost });
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
      if (outcome.ok) life.startMs = clock.now() - life.startedAt;
      else void this.causeOf(outcome.failure, false).then((failure) => this.#lose(life, failure));
      return outcome;
    });
  }

  /** The first news of a life's end counts; none does after we have ended it ourselves. */
  #lose(life: Life, failure: Failure): void {
    if (life !== this.#life || life.loss !== undefined || life.ended.signal.aborted) return;
    life.loss = this.#lossOf(failure);
    for (const listener of this.#lossListeners) listener(life.loss);
  }

  #lossOf(failure: Failure): Loss {
    return { failure, at: this.#about.clock.now() };
  }

  #told(error: unknown): string {
    this.#about.log.error(
      { event: 'engine.unstartable', laneId: this.#about.id, err: error },
      'engine cannot be started',
    );
    return 'its run folder cannot be used';
  }
}
