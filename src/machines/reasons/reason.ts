// Why an open request does not move, or what it does: a closed set, with figures. None of them is a guess: what is not known is left out.
import type { EpochMs } from '../../clock.js';
import type { ProgressStage } from '../../engines/jobs.js';
import type { Failure } from '../../failures/catalog.js';
import type { LaneId } from '../../ids.js';

/** Lengths of time are in ms. */
export type Reason =
  /** Its actor has failed, by a bug of ours. */
  | { readonly code: 'QUARANTINED' }
  /** It has failed by a fault of ours and waits for an operator. */
  | { readonly code: 'HELD'; readonly failure: Failure; readonly untilAt: EpochMs }
  /** No lane is given a job, at an operator's word. */
  | { readonly code: 'DISPATCH_PAUSED'; readonly by: string; readonly sinceAt: EpochMs; readonly why: string }
  /** Between two tries. */
  | {
      readonly code: 'BACKING_OFF';
      readonly untilAt: EpochMs;
      readonly faults: number;
      readonly mostFaults: number;
      readonly last: Failure | undefined;
    }
  | { readonly code: 'DISK_FULL'; readonly forMs: number }
  | { readonly code: 'BUCKET_UNAVAILABLE'; readonly forMs: number }
  /** As many are under way as may be. */
  | { readonly code: 'ADMISSION_WINDOW'; readonly inside: number; readonly window: number; readonly ahead: number }
  /** No lane of this service does such work. */
  | { readonly code: 'NO_LANE_FOR_MODE'; readonly mode: string; readonly why: string }
  | { readonly code: 'LANES_BUSY'; readonly lanes: readonly LaneId[]; readonly soonestMs: number | undefined }
  | {
      readonly code: 'LANES_COOLING';
      readonly lanes: readonly LaneId[];
      readonly resumesInMs: number | undefined;
      readonly last: Failure | undefined;
    }
  | {
      readonly code: 'LANES_QUARANTINED';
      readonly lanes: readonly LaneId[];
      /** Undefined: they do not start again by themselves. */
      readonly resumesInMs: number | undefined;
      readonly last: Failure | undefined;
    }
  /** They take nothing new, at an operator's word. */
  | {
      readonly code: 'LANES_DRAINED';
      readonly lanes: readonly LaneId[];
      readonly by: string;
      readonly why: string;
    }
  /** A program is set up or freed there, at an operator's word. */
  | { readonly code: 'LANES_PREPARING'; readonly lanes: readonly LaneId[] }
  | { readonly code: 'LANES_STARTING'; readonly lanes: readonly LaneId[] }
  | { readonly code: 'LANES_STOPPED'; readonly lanes: readonly LaneId[] }
  /** It has a lane, whose prover is being loaded. */
  | {
      readonly code: 'LANE_COLD';
      readonly lane: LaneId;
      readonly forMs: number;
      readonly loading: ProgressStage | undefined;
    }
  /** It has a lane, and would not fit into memory now. */
  | { readonly code: 'MEMORY_SHORT'; readonly lane: LaneId; readonly missingBytes: number }
  | {
      readonly code: 'TURN_OF_OTHERS';
      readonly ahead: number;
      readonly aheadOfOwn: number;
      readonly requesters: number;
    }
  | { readonly code: 'SIGNER_ABSENT'; readonly why: string }
  /** Between two lines: its input is brought, or its next step is being written. */
  | { readonly code: 'MOVING' }
  | {
      readonly code: 'RUNNING';
      readonly stage: string;
      readonly lane: LaneId | undefined;
      readonly forMs: number;
      readonly usualMs: number | undefined;
    }
  /** It runs for more than three times what is usual for its program. */
  | {
      readonly code: 'SILENT';
      readonly stage: string;
      readonly lane: LaneId | undefined;
      readonly forMs: number;
      readonly usualMs: number;
    };

export type ReasonCode = Reason['code'];

export const reasonCodes = [
  'QUARANTINED',
  'HELD',
  'DISPATCH_PAUSED',
  'BACKING_OFF',
  'DISK_FULL',
  'BUCKET_UNAVAILABLE',
  'ADMISSION_WINDOW',
  'NO_LANE_FOR_MODE',
  'LANES_BUSY',
  'LANES_COOLING',
  'LANES_QUARANTINED',
  'LANES_DRAINED',
  'LANES_PREPARING',
  'LANES_STARTING',
  'LANES_STOPPED',
  'LANE_COLD',
  'MEMORY_SHORT',
  'TURN_OF_OTHERS',
  'SIGNER_ABSENT',
  'MOVING',
  'RUNNING',
  'SILENT',
] as const satisfies readonly ReasonCode[];
