// Turns an engine's refusals into Failures: the one place that reads an engine's own words.
import type { Failure } from '../../failures/catalog.js';
import { fail } from '../../failures/fail.js';
import type { GuestFailureCause } from '../../failures/guests.js';
import type { LaneId } from '../../ids.js';
import type { Reply } from './connection.js';
import { withoutQuotations } from './foreignWords.js';

/** ExecuteFailureCause by its number on the network. 0 means none. */
const guestFailureCauses: readonly GuestFailureCause[] = [
  'HALT_WITH_NON_ZERO_EXIT_CODE',
  'INVALID_MEMORY_ACCESS',
  'UNSUPPORTED_SYSCALL',
  'BREAKPOINT',
  'EXCEEDED_CYCLE_LIMIT',
  'INVALID_SYSCALL_USAGE',
  'UNIMPLEMENTED',
  'END_IN_UNCONSTRAINED',
  'EXCEEDED_GAS_LIMIT',
];

/** Undefined for a number that the network does not have. */
export const guestFailureCause = (number: number): GuestFailureCause | undefined => guestFailureCauses[number - 1];

/** Codes of answer 111, docs/engine-protocol.md. */
export const engineFailureCode = {
  malformedProgram: 2,
  malformedStdin: 3,
  circuitsMissing: 4,
  outOfMemory: 5,
  unknownKey: 9,
} as const;

/** sp1-gpu-server has one text for everything: this is how CUDA and Rust say that memory ran out. */
const memoryText = /out of memory|OUT_OF_MEMORY|MemoryAllocation|memory allocation .* failed/i;

/**
 * The failure behind an answer that is not the one asked for. A guest that fails in the prover has succeeded in the executor before:
 * its cause is unknown here, so it is ENGINE_REFUSED and gets another attempt like any other refusal.
 */
export function refusalOf(reply: Reply, laneId: LaneId, blame: boolean): Failure {
  switch (reply.kind) {
    case 'proverError':
    case 'internalError':
      if (memoryText.test(reply.text)) return fail('OUT_OF_MEMORY', { laneId });
      return fail('ENGINE_REFUSED', { laneId, detail: withoutQuotations(clause(reply.text)) });
    case 'failure':
      return failureOfCode(reply.code, reply.text, laneId);
    default:
      return fail('ENGINE_LOST', { laneId, detail: `it left the protocol: answered with ${reply.kind}`, blame });
  }
}

function failureOfCode(code: number, text: string, laneId: LaneId): Failure {
  switch (code) {
    case engineFailureCode.malformedProgram:
      return fail('ARTIFACT_MALFORMED', { kind: 'program', problem: clause(text) });
    case engineFailureCode.malformedStdin:
      return fail('ARTIFACT_MALFORMED', { kind: 'stdin', problem: clause(text) });
    case engineFailureCode.circuitsMissing:
      return fail('CIRCUITS_MISSING', { detail: text });
    case engineFailureCode.outOfMemory:
      return fail('OUT_OF_MEMORY', { laneId });
    default:
      return fail('ENGINE_REFUSED', { laneId, detail: clause(text) });
  }
}

/** The engine speaks in sentences. A problem completes one of ours. */
const clause = (text: string) => text.replace(/\.$/, '');

/** Whether an answer leaves doubt that the engine still holds the program: the next job sets it up again. */
export const mayHaveForgotten = (reply: Reply) =>
  reply.kind === 'internalError' || (reply.kind === 'failure' && reply.code === engineFailureCode.unknownKey);
