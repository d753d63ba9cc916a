// A rig for lanes: fake engines as real child processes, on real sockets, in a time that only the test moves.
import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import type { TestContext } from 'node:test';
import { pino } from 'pino';
import { systemClock } from '../../clock.js';
import type { EngineOptions } from '../../engines/engine.js';
import { proofModes, type Stage } from '../../engines/jobs.js';
import { openEngine } from '../../engines/laneWorker.js';
import { laneId } from '../../ids.js';
import type { Capacity } from '../../lanes/capacity.js';
import { createDispatcher, type LaneSpec } from '../../lanes/createDispatcher.js';
import type { EngineHost } from '../../lanes/engineHost.js';
import type { EngineSpec } from '../../lanes/engineProcessLaunch.js';
import type { JobWatch } from '../../lanes/jobWatch.js';
import { Lane, type LaneParameters } from '../../lanes/lane.js';
import { createEngineHost } from '../../lanes/realEngineHost.js';
import type { LaneStatus } from '../../lanes/scheduling.js';
import type { QueueLimits } from '../../machines/queue/queue.js';
import { SimulatedClock } from '../world/simulatedClock.js';
import { EngineRig } from './engineRig.js';
import { installFakeEngine } from './fakeEngineLauncher.js';
import type { FakeScript } from './fakeEngineScript.js';

/** One line of the log. */
type Fact = { readonly event: string } & Record<string, unknown>;

/** A machine on which everything fits. */
export const ampleCapacity: Capacity = {
  memory: { limitBytes: 1e12, availableBytes: 1e12 },
  modes: proofModes,
  refusal: () => undefined,
};

const wide: QueueLimits = { jobs: 100, bytes: 1e9 };

export class LaneRig {
  readonly clock = new SimulatedClock();
  readonly facts: Fact[] = [];
  readonly log;
  readonly #news = new PassThrough();
  #engines = 0;

  private constructor(
    readonly engineRig: EngineRig,
    readonly t: TestContext,
  ) {
    const out = {
      write: (line: string) => {
        this.facts.push(JSON.parse(line));
        this.#news.emit('fact');
      },
    };
    this.log = pino({ level: 'debug', base: null }, out);
  }

  static async set(t: TestContext): Promise<LaneRig> {
    return new LaneRig(await EngineRig.set(t), t);
  }

  /** Connecting is between real processes, so it is tried in real time. `gpuReadyMs`: for how long with a GPU server. */
  host({ gpuReadyMs }: { gpuReadyMs?: number } = {}, runFolder = async () => this.engineRig.folder): EngineHost {
    const connect = (options: EngineOptions) =>
      openEngine(
        gpuReadyMs === undefined || options.kind !== 'gpu' ? options : { ...options, readyTimeoutMs: gpuReadyMs },
      );
    return createEngineHost({ runFolder, clock: systemClock, log: this.log, connect });
  }

  /** The configuration of a lane with a fake engine. */
  async fake(script: FakeScript = {}): Promise<EngineSpec> {
    const command = await installFakeEngine(this.engineRig.folder, script, `fake-${this.#engines++}`);
    return { kind: 'cpu', command, env: {} };
  }

  /** Stopped after the test. */
  lane(
    stage: Stage,
    spec: EngineSpec,
    { runFolder, ...changes }: Partial<LaneParameters> & { readonly runFolder?: () => Promise<string> } = {},
  ): Lane {
    const id = laneId(`${spec.kind}-${stage}-0`);
    const lane = new Lane({
      id,
      stage,
      home: this.host({}, runFolder).homeOf({ id, stage, engine: spec }),
      modes: stage === 'prove' ? ['core', 'compressed', 'groth16'] : [],
      clock: this.clock,
      log: this.log,
      ...changes,
    });
    this.t.after(() => lane.stop());
    return lane;
  }

  /** Started, and stopped after the test. */
  dispatcher(
    lanes: readonly LaneSpec[],
    changes: { limits?: QueueLimits; capacity?: Capacity; engines?: EngineHost; jobs?: JobWatch } = {},
  ) {
    const dispatcher = createDispatcher({
      lanes,
      capacity: ampleCapacity,
      limits: wide,
      engines: this.host(),
      clock: this.clock,
      log: this.log,
      ...changes,
    });
    this.t.after(() => dispatcher.stop());
    dispatcher.start();
    return dispatcher;
  }

  /** The first `count` lines of the log with this event, once they are there. */
  async logged(event: string, count = 1): Promise<Fact[]> {
    return this.loggedWhere((fact) => fact.event === event, count);
  }

  /** The first `count` that are as wished. */
  async loggedWhere(isWished: (fact: Fact) => boolean, count = 1): Promise<Fact[]> {
    for (;;) {
      const found = this.facts.filter(isWished);
      if (found.length >= count) return found.slice(0, count);
      await once(this.#news, 'fact');
    }
  }

  /** Process ids of all engines started so far, oldest first. */
  get pids(): number[] {
    return this.facts.filter((fact) => fact.event === 'engine.started').map((fact) => fact['pid'] as number);
  }
}

/** Resolves with the lane's status when it is as wished, now or later. */
export async function laneBecomes(lane: Lane, isWished: (status: LaneStatus) => boolean): Promise<LaneStatus> {
  return await new Promise((resolve) => {
    const look = (status: LaneStatus) => {
      if (!isWished(status)) return;
      unsubscribe();
      resolve(status);
    };
    const unsubscribe = lane.onChange(look);
    look(lane.status);
  });
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
