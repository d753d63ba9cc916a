// Fields of workers' calls. A worker has a certificate of the operator, and may still be broken, or in somebody else's hands: whatever it
// says is bounded.
import { progressStages } from '../../engines/answers.js';
import type { Progress, ProofMode } from '../../engines/jobs.js';
import { proofModes } from '../../engines/jobs.js';
import { fail } from '../../failures/fail.js';
import { FailureError } from '../../failures/failureError.js';
import { malformed } from '../../failures/malformed.js';
import type { Progress as SaidProgress } from '../../gen/work/v1/work_pb.js';
import { parseSha256, type Sha256 } from '../../ids.js';
import { printable } from '../../printable.js';
import { isWorkerName } from '../../remoteLanes/workerName.js';
import type { CallContext } from '../../transport/grpc/call.js';

/** More than a machine has GPUs. */
export const mostLanes = 32;
/** More than an engine keeps. */
const mostPrograms = 64;

/** The listener serves nobody without one. */
export function certificateOf({ peer }: CallContext): string {
  if (peer.certificate === undefined) throw new FailureError(fail('CERTIFICATE_MISSING'));
  return peer.certificate;
}

export function nameOf(text: string, field: string): string {
  if (!isWorkerName(text)) throw malformed(field, 'it must be 1 to 32 lower-case letters, digits and hyphens');
  return text;
}

export function modesOf(texts: readonly string[]): readonly ProofMode[] {
  const modes = proofModes.filter((mode) => texts.includes(mode));
  if (modes.length === 0 || modes.length !== texts.length) throw malformed('modes', 'they are not modes of proofs');
  return modes;
}

export function digestsOf(texts: readonly string[]): readonly Sha256[] {
  if (texts.length > mostPrograms) throw malformed('programs', `they are more than ${mostPrograms}`);
  return texts.map((text) => {
    const digest = parseSha256(text);
    if (digest === undefined) throw malformed('programs', 'one of them is no SHA-256');
    return digest;
  });
}

/** What is no progress is none: it is shown, and decides nothing that lasts. */
export function progressOf(said: SaidProgress | undefined): Progress | undefined {
  const stage = progressStages.find((each) => each === said?.stage);
  if (said === undefined || stage === undefined) return undefined;
  const cycles = Number.isFinite(said.cycles) && said.cycles >= 0 ? Math.floor(said.cycles) : 0;
  return { stage, done: said.done, total: said.total, cycles };
}

/** Of an engine's own words: so much, in printable characters. */
export const wordsOf = (text: string): string => printable(text, 300);
