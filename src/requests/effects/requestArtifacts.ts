// The artifacts of a request: where each one lies, and its program with the verifying key. An artifact lies on this machine alone, or
// wherever its backend keeps things.
import type { ArtifactPlace, ArtifactRef } from '../../artifacts/port.js';
import type { ProofMode } from '../../engines/jobs.js';
import { fail } from '../../failures/fail.js';
import { FailureError } from '../../failures/failureError.js';
import type { ProofRequest } from '../../machines/request/rules.js';
import { programFor } from '../../programs/programs.js';
import type { ElfFacts, ProgramRecord } from '../../store/buckets.js';
import type { Store } from '../../store/environment.js';

/** As it was uploaded. Requests of a time when all artifacts lay on this machine do not say. */
const isInputPrivate = ({ stdin }: ProofRequest): boolean => stdin.private ?? true;

const programPlace: ArtifactPlace = { kind: 'program', private: false };
/** Of a program that came with its request. */
export const ownProgramPlace: ArtifactPlace = { kind: 'program', private: true };

export const stdinPlaceOf = (request: ProofRequest): ArtifactPlace => ({
  kind: 'stdin',
  private: isInputPrivate(request),
});

/** Core and compressed proofs are not designed to hide the witness: what is proved of a private input stays where the input is. */
export const proofPlaceOf = (request: ProofRequest): ArtifactPlace => ({
  kind: 'proof',
  private: request.stdinPrivate || isInputPrivate(request),
});

/** The machine leads only modes with a proof to the stages that ask this. */
export function provenMode({ mode }: Pick<ProofRequest, 'mode'>): ProofMode {
  if (mode === 'tee') throw new Error('nothing is proved in mode tee');
  return mode;
}

/** Throws VERIFICATION_KEY_MISMATCH: intake has seen the program, and nothing else removes one that an open request names. */
export function loadProgram(
  store: Store,
  { vkHash, requester, program }: Pick<ProofRequest, 'vkHash' | 'requester' | 'program'>,
): { vk: string; elf: ElfFacts | undefined; file: [ArtifactRef, ArtifactPlace] } {
  if (program !== undefined) return { vk: '', elf: undefined, file: [program, ownProgramPlace] };
  const record = programFor(store, vkHash, requester);
  if (record === undefined) throw new FailureError(fail('VERIFICATION_KEY_MISMATCH', { vkHash }));
  const { vk, elf } = record;
  return { vk, elf, file: fileOfProgram(record) };
}

/** Of a registered one. */
export const fileOfProgram = ({
  artifactId,
  fileId: id = artifactId,
  sha256,
  sizeBytes,
}: Pick<ProgramRecord, 'artifactId' | 'fileId' | 'sha256' | 'sizeBytes'>): [ArtifactRef, ArtifactPlace] => [
  { id, sha256, sizeBytes },
  programPlace,
];
