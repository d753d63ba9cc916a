// Failures of engines, and of the lanes that run them.
import type { LaneId } from '../ids.js';
import { failure } from './define.js';

export const engineFailures = {
  /** No lane of this stage has ever started here. */
  STAGE_UNAVAILABLE: failure<{ stage: 'setup' | 'execute' | 'prove' | 'verify'; reason: string }>(
    'transient',
    ({ stage, reason }) =>
      `This service cannot ${stage === 'setup' ? 'set up' : stage} anything now: ${reason}. Try again later, or ask its operator.`,
  ),
  /** The engine died or left the protocol while it worked. `blame`: the job it held may be the reason. */
  ENGINE_LOST: failure<{ laneId: LaneId; detail: string; blame: boolean }>(
    'transient',
    ({ laneId, detail }) => `The engine on lane ${laneId} was lost: ${detail}.`,
  ),
  /** The engine answered with an error of its own. */
  ENGINE_REFUSED: failure<{ laneId: LaneId; detail: string }>(
    'transient',
    ({ laneId, detail }) => `The engine on lane ${laneId} refused: ${detail}.`,
  ),
  CIRCUITS_MISSING: failure<{ detail: string }>(
    'permanent',
    ({ detail }) => `The circuit files for this mode are missing: ${detail}.`,
  ),
  OUT_OF_MEMORY: failure<{ laneId: LaneId }>(
    'transient',
    ({ laneId }) => `The engine on lane ${laneId} was ended because memory ran out.`,
  ),
  PROOF_INVALID: failure<{ reason: string }>(
    'transient',
    ({ reason }) => `The engine made a proof that does not verify: ${reason}.`,
  ),
};
