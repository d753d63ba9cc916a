// What the effects of a request ask of the dispatcher. The dispatcher implements it; tests script it.
import type { EngineKind } from '../engines/engine.js';
import type { JobOf, Progress, ProofMode, RequestMode, ResultOf, Stage } from '../engines/jobs.js';
import type { Failure, FailureOf } from '../failures/catalog.js';
import type { Outcome } from '../failures/outcome.js';
import type { Address, LaneId, RequestId, Sha256, VkHash } from '../ids.js';
import type { LaneState } from '../machines/lane/machine.js';
import type { Rank } from '../machines/queue/queue.js';

/** How a job is ranked among the waiting ones. */
export interface Terms {
  readonly requester: Address;
  /** Epoch ms. */
  readonly deadlineAt: number;
  /** Absent: normal. */
  readonly priority?: Rank['priority'];
  /** It was running when the service stopped: it goes first. */
  readonly resumed: boolean;
}

export interface Watch {
  /** Gives up: a queued job leaves the queue, a running one frees its lane. The outcome is then ABORTED. */
  readonly signal: AbortSignal;
  readonly onGranted: (lane: LaneId) => void;
  readonly onProgress: (progress: Progress) => void;
}

export interface LaneStatus {
  readonly id: LaneId;
  readonly kind: EngineKind;
  readonly stage: Stage;
  readonly state: LaneState;
  /** Prove lanes only: the modes it serves. */
  readonly modes: readonly ProofMode[];
  /** The prover has been loaded and the next job starts at once. */
  readonly warm: boolean;
  readonly crashes: number;
  /** Of its engine or of its proofs; null once a job has ended well. */
  readonly lastFailure: Failure | null;
}

/** A lane as its operator sees it. Lengths of time are running time (ms). */
export interface LaneReport extends LaneStatus {
  /** The kinds of work that it does: modes of proofs, or its stage. */
  readonly serves: readonly string[];
  /** How long it has been in this state. */
  readonly forMs: number;
  readonly crashesInWindow: number;
  /** Until it starts again by itself. Null: only an operator starts it. Undefined: it does not rest. */
  readonly resumesInMs: number | null | undefined;
  readonly current: LaneWork | undefined;
  readonly programs: readonly Sha256[];
  /** What is being done to its programs at an operator's word, or was done last. */
  readonly preparation?: LanePreparation | undefined;
}

interface NamedProgram {
  /** Undefined where it is registered under none any more. */
  readonly vkHash: VkHash | undefined;
  /** By its artifact's digest, as engines know it. */
  readonly program: Sha256;
}

/** What an operator wants done to a program on a lane. */
export type ProgramOrder = NamedProgram & {
  /** Called when the lane is taken for it. It begins when this resolves, and is left where it rejects. */
  readonly noted: () => Promise<void>;
} & (
    | { readonly what: 'forget' }
    | {
        readonly what: 'set-up';
        readonly vkHash: VkHash;
        /** In hex, as it was registered. The engine's own must be equal. */
        readonly vk: string;
        /** Rejects with a FailureError. Released when the engine has it. */
        readonly load: (signal: AbortSignal) => Promise<{ readonly file: JobOf<'setup'>['program']; release(): void }>;
      }
  );

/** How such an order goes, or has gone. */
export interface LanePreparation extends NamedProgram {
  readonly what: ProgramOrder['what'];
  /** So long it has been under way, or has taken, in running time. */
  readonly forMs: number;
  readonly progress: Progress | undefined;
  readonly isUnderWay: boolean;
  readonly failure: Failure | undefined;
}

/** The job of a lane. */
export interface LaneWork {
  readonly requestId: RequestId;
  readonly forMs: number;
  readonly progress: Progress | undefined;
  /** Memory that it waits for before it begins. 0: none. */
  readonly missingBytes: number;
}

/** A job that waits for a lane. */
export interface WaitingWork {
  readonly requestId: RequestId;
  readonly requester: Address;
  /** A proof mode, or the stage. */
  readonly kind: string;
  /** Running time (ms). */
  readonly forMs: number;
}

/** What operators have ordered. */
export interface LaneOrders {
  /** A lane that is free may be given a job. */
  readonly mayGrant: (lane: LaneId) => boolean;
  /** A lane may be started without being asked for by name. */
  readonly mayStart: (lane: LaneId) => boolean;
}

/** What operators do with lanes. */
export interface Steering {
  /** From now on. Without it everything is allowed. */
  obey(orders: LaneOrders): void;
  /** What `obey` was given answers otherwise now. */
  reconsider(): void;
  /** Ends its cooling, its quarantine or its stop. */
  startLane(id: LaneId): void;
  /** A program is set up or freed there now, and the lane is given no job meanwhile. False: it is not free, and nothing is done. */
  prepareLane(id: LaneId, order: ProgramOrder): boolean;
  /** Its job ends with ABORTED. Resolves when its engine is gone, or after 5 s. */
  stopLane(id: LaneId): Promise<void>;
}

export interface Scheduling extends Steering {
  /** Waits for a lane that serves the job, runs it there, and answers its outcome. Never rejects. */
  run<S extends Stage>(job: JobOf<S>, terms: Terms, watch: Watch): Promise<Outcome<ResultOf[S]>>;
  /** Jobs of the request that wait for a lane are ranked anew. */
  rerank(requestId: RequestId, rank: Rank): void;
  /** Why no lane will ever serve this mode on this machine. Undefined when one does or may. */
  refusal(mode: RequestMode): string | undefined;
  /** Who is waited for where no lane does such work now, and one may come. As the end of a sentence. */
  awaited(stage: Stage): string;
  /**
   * Why no job of some stage has had a lane since the start: all lanes for it have tried to start and failed. With a mode, of those
   * that prove it. Undefined as soon as one lane has been of use, and as long as one starts for the first time.
   */
  outage(mode?: RequestMode): FailureOf<'STAGE_UNAVAILABLE'> | undefined;
  lanes(): readonly LaneStatus[];
  laneReports(): readonly LaneReport[];
  /** What waits for a lane of the stage, in the order in which a lane without preferences takes it. */
  line(stage: Stage): readonly WaitingWork[];
  /** Called on every change of a lane's status. Returns the unsubscribe function. */
  onLaneChange(listener: (lane: LaneStatus) => void): () => void;
}
