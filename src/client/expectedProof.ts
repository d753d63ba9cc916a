// Whether a file is a proof of what was asked for. An attested service can be fooled about which proof it hands out: a stale one, or that of
// somebody else. This says nothing about whether the proof is valid.
import { createHash } from 'node:crypto';
import type { Sha256, VkHash } from '../ids.js';
import { ClientError, clientError } from './errors.js';
import { isOfProgram } from './inspectProofFile.js';
import { outlineProofFile, parseProofFile } from './proofFile.js';
import { parseTeeProof } from './teeProofFile.js';

export interface ExpectedProof {
  /** The program. A core proof does not name its own. */
  readonly vkHash?: VkHash;
  /** SHA-256 of the public values, as a fulfilled status gives it. */
  readonly publicValuesHash?: Sha256;
}

/** Mode tee is JSON. Every other proof begins with the small number of its mode. */
export const isTeeProof = (file: Uint8Array): boolean => file[0] === '{'.charCodeAt(0);

/** Throws PROOF_MISMATCH for a proof of something else, and PROOF_MALFORMED for what is none. */
export function assertExpected(file: Uint8Array, expected: ExpectedProof): void {
  const problem = isTeeProof(file) ? teeProblem(file, expected) : problemOf(file, expected);
  if (problem !== undefined) throw clientError('PROOF_MISMATCH', { problem });
}

function teeProblem(file: Uint8Array, { vkHash, publicValuesHash }: ExpectedProof): string | undefined {
  const proof = parseTeeProof(file);
  if (vkHash !== undefined && proof.vkHash !== vkHash) return otherProgram;
  const found = createHash('sha256').update(proof.publicValues).digest('hex');
  return publicValuesHash !== undefined && found !== publicValuesHash ? otherValues : undefined;
}

function problemOf(file: Uint8Array, { vkHash, publicValuesHash }: ExpectedProof): string | undefined {
  if (vkHash !== undefined && isOfProgram(outlineProofFile(file), vkHash) === 'fails') return otherProgram;
  if (publicValuesHash === undefined) return undefined;
  try {
    parseProofFile(file, publicValuesHash);
    return undefined;
  } catch (error) {
    // Its frame has been read: what is missing are values with that hash.
    if (error instanceof ClientError && error.failure.code === 'PROOF_MALFORMED') return otherValues;
    throw error;
  }
}

const otherProgram = 'it is of another program';
const otherValues = 'its public values are not those of the request';
