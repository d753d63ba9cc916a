// The one line in the log for a stage that failed: what, where, at which try, and why in words. Sentences hold nothing of the guest's data.
import type { Stage } from '../../engines/jobs.js';
import type { Failure } from '../../failures/catalog.js';
import { sentenceOf } from '../../failures/sentenceOf.js';
import type { LaneId, RequestId } from '../../ids.js';
import type { Log } from '../../log.js';

/** Nothing is wrong here. */
const ofTheGuest: ReadonlySet<string> = new Set(['GUEST_FAILED', 'SIMULATION_DIFFERS', 'PUBLIC_VALUES_TOO_LARGE']);

export interface FailedStage {
  readonly requestId: RequestId;
  readonly stage: Stage | 'sign';
  readonly attempt: number;
  /** Where it ran. Null when it failed before it had a lane. */
  readonly lane: LaneId | null;
  readonly failure: Failure;
}

/** `thrown` is logged where it says more than the failure: for bugs of our own. */
export function logStageFailure(log: Log, { failure, ...where }: FailedStage, thrown: unknown): void {
  const { code, retry } = failure;
  const fields = { event: 'stage.failed', ...where, code, ...(retry === 'bug' && { err: thrown }) };
  // The operator's to solve as much as the client's: which side of 6.8.1 the engine is on is known here only.
  const ofProgram = failure.code === 'VERIFICATION_KEY_MISMATCH' && {
    event: 'program.vk_mismatch',
    vkHash: failure.vkHash,
    zeroFillTrap: failure.zeroFillTrap,
  };
  log[levelOf(failure)]({ ...fields, ...ofProgram }, sentenceOf(failure));
}

function levelOf({ code, retry }: Failure): 'debug' | 'info' | 'warn' | 'error' {
  if (retry === 'bug') return 'error';
  // Work that was given up is done again, or is no longer wanted.
  if (code === 'ABORTED') return 'debug';
  return ofTheGuest.has(code) ? 'info' : 'warn';
}
