// One lane of a worker, for one epoch: asks the front for a job, does it, reports, and asks again.
import type { MessageInitShape } from '@bufbuild/protobuf';
import type { Clock } from '../clock.js';
import { type JobOf, type Progress, proofModes } from '../engines/jobs.js';
import type { Failure } from '../failures/catalog.js';
import { sentenceOf } from '../failures/sentenceOf.js';
import { type Job, type OfferedLaneSchema, type RunningSchema, Work } from '../gen/work/v1/work_pb.js';
import { parseRequestId, parseVkHash } from '../ids.js';
import type { Lane } from '../lanes/lane.js';
import { untilState } from '../lanes/untilState.js';
import type { Log } from '../log.js';
import { pause } from '../pause.js';
import type { FrontLink } from './frontLink.js';
import { InputProblem, Inputs, type LeaseLink, type Scratch } from './inputs.js';
import { sendProof } from './sendProof.js';

export interface LaneLoopParameters {
  readonly lane: Lane;
  readonly link: FrontLink;
  readonly epoch: string;
  readonly scratch: Scratch;
  readonly clock: Clock;
  readonly log: Log;
  /** The front should hear of it now. */
  readonly onNews: () => void;
}

/** Longer than the front holds the call. */
const askTimeoutMs = 40_000;
const reportTimeoutMs = 10_000;
const againMs = 1_000;

interface Current {
  readonly lease: string;
  readonly cancel: AbortController;
}

export class LaneLoop {
  readonly #about: LaneLoopParameters;
  #current: Current | undefined;

  constructor(about: LaneLoopParameters) {
    this.#about = about;
  }

  /** What the front may give it. Undefined while it can take nothing. A job that was not reported yet keeps its lane offered. */
  get offer(): MessageInitShape<typeof OfferedLaneSchema> | undefined {
    const { lane } = this.#about;
    const { state } = lane.status;
    if (this.#current === undefined && state !== 'ready' && state !== 'busy') return undefined;
    const { programs } = lane.report;
    return { id: lane.id, modes: [...lane.modes], programs: [...programs] };
  }

  /** The lease that is to be kept. One that is being given up is not. */
  get running(): MessageInitShape<typeof RunningSchema> | undefined {
    if (this.#current === undefined || this.#current.cancel.signal.aborted) return undefined;
    const { progress } = this.#about.lane.report.current ?? {};
    return { lease: this.#current.lease, ...(progress && { progress }) };
  }

  /** The front does not want it any more. */
  cancel(lease: string): void {
    if (this.#current?.lease === lease) this.#current.cancel.abort();
  }

  /** Until the epoch is over. Then its job is given up, and its files are gone when this resolves. */
  async run(over: AbortSignal): Promise<void> {
    const { lane, link, epoch, clock, log } = this.#about;
    for (;;) {
      await untilState(lane, (state) => state === 'ready', over);
      if (over.aborted) return;
      const ask = { signal: over, timeoutMs: askTimeoutMs };
      const answer = await link.call(Work.method.lease, { epoch, lane: lane.id }, ask).catch((error: unknown) => {
        log.debug({ event: 'work.unasked', laneId: lane.id, err: error }, 'the front could not be asked for a job');
        return undefined;
      });
      if (over.aborted) return;
      if (answer === undefined) await pause(clock, againMs, over);
      else if (answer.job !== undefined) await this.#do(answer.job, over);
    }
  }

  async #do(leased: Job, over: AbortSignal): Promise<void> {
    const { lane, link, epoch, scratch, log } = this.#about;
    const current = { lease: leased.lease, cancel: new AbortController() };
    this.#current = current;
    const facts = { laneId: lane.id, lease: leased.lease, requestId: leased.requestId, mode: leased.mode };
    log.info({ event: 'work.leased', ...facts }, 'a job was leased');
    const under = { link, epoch, lease: leased.lease };
    const inputs = new Inputs(scratch, under);
    const givenUp = AbortSignal.any([over, current.cancel.signal]);
    try {
      const counts = await this.#prove(leased, { inputs, under, givenUp });
      log.info({ event: 'work.done', ...facts, counts }, counts ? 'the proof is at the front' : 'it came too late');
    } catch (error) {
      // The engine of a job that is not wanted is ended first: the front may give the lane another one after this.
      await untilState(lane, (state) => state !== 'busy', over);
      const failure = reportOf(error);
      log.warn({ event: 'work.failed', ...facts, code: failure.code, err: error }, 'the job has ended without a proof');
      if (!over.aborted)
        await link
          .call(
            Work.method.fail,
            { epoch, lease: leased.lease, ...failure },
            { signal: over, timeoutMs: reportTimeoutMs },
          )
          .catch(() => undefined);
    } finally {
      await inputs.wipe();
      this.#current = undefined;
    }
  }

  async #prove(
    leased: Job,
    { inputs, under, givenUp }: { readonly inputs: Inputs; readonly under: LeaseLink; readonly givenUp: AbortSignal },
  ): Promise<boolean> {
    const { lane, clock, onNews } = this.#about;
    const program = await inputs.fetch('program', leased.program, givenUp);
    const stdin = await inputs.fetch('stdin', leased.stdin, givenUp);
    const { file: output } = await inputs.add('proof');
    const job = jobOf(leased, { program, stdin, output });
    let stage: string | undefined;
    const onProgress = (progress: Progress) => {
      // How far a stage is goes with the next heartbeat.
      if (progress.stage !== stage) onNews();
      stage = progress.stage;
    };
    const outcome = await lane.run(job, { signal: givenUp, onProgress });
    if (!outcome.ok) throw new ProofFailed(outcome.failure);
    return await sendProof(under, { ...output, ...outcome.value }, { clock, signal: givenUp });
  }
}

/** The lane has no proof. */
class ProofFailed extends Error {
  override readonly name = 'ProofFailed';
  constructor(readonly failure: Failure) {
    super(sentenceOf(failure));
  }
}

function reportOf(error: unknown): { code: string; detail: string; blame: boolean } {
  if (error instanceof InputProblem) return { code: error.code, detail: error.message, blame: false };
  if (!(error instanceof ProofFailed)) return { code: 'ABORTED', detail: 'it was given up', blame: false };
  const { failure } = error;
  const detail = 'detail' in failure && typeof failure.detail === 'string' ? failure.detail : failure.code;
  return { code: failure.code, detail, blame: failure.code === 'ENGINE_LOST' && failure.blame };
}

type Files = Pick<JobOf<'prove'>, 'program' | 'stdin' | 'output'>;

/** Throws InputProblem for what no front of this version sends. */
function jobOf({ requestId, vkHash, vk, mode, attempt, zeroFillTrap }: Job, files: Files): JobOf<'prove'> {
  const ids = { requestId: parseRequestId(requestId), vkHash: parseVkHash(vkHash) };
  const known = proofModes.find((each) => each === mode);
  if (ids.requestId === undefined || ids.vkHash === undefined || known === undefined)
    throw new InputProblem('ENGINE_REFUSED', 'the job is not understood');
  return {
    stage: 'prove',
    requestId: ids.requestId,
    vkHash: ids.vkHash,
    attempt,
    vk,
    mode: known,
    ...(zeroFillTrap !== undefined && { zeroFillTrap }),
    ...files,
  };
}
