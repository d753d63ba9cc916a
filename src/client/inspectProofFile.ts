// What can be said of a proof file without an engine. It is never that the proof is valid: that is SP1's verifier's to say.
import { Buffer } from 'node:buffer';
import { parseVkHash, type Sha256, type VkHash } from '../ids.js';
import { type ProofFile, type ProofOutline, parseProofFile } from './proofFile.js';
import { circuitVersion } from './requestProof.js';

/** `untold`: nothing was given to compare with, or this kind of proof does not say. */
export type Finding = 'holds' | 'fails' | 'untold';

export interface ProofInspection extends ProofFile {
  /** Always. Every finding can hold for a forged file too: let an engine verify it before you believe it. */
  readonly verified: false;
  /** The circuits are those that today's SDKs verify against. */
  readonly circuits: Finding;
  /** The public values are those that the proof commits to, and have the hash that was asked for. */
  readonly publicValuesMatch: Finding;
  /** The proof names the program that was asked for. A core proof names none. */
  readonly programMatches: Finding;
  /** The program that a plonk or groth16 proof names. Undefined for other kinds. */
  readonly vkHash: VkHash | undefined;
}

export interface InspectParameters {
  /** The program that it ought to be a proof of. */
  readonly vkHash?: VkHash;
  /** SHA-256 of the public values that it ought to have, as a fulfilled status gives it. */
  readonly publicValuesHash?: Sha256;
}

/**
 * Reads a file that `download`, `prove` or Rust's `SP1ProofWithPublicValues::save` wrote. Throws PROOF_MALFORMED.
 * @example
 * ```ts
 * const inspection = inspectProofFile(file, { vkHash });
 * console.log(inspection.mode, inspection.publicValuesHash);
 * ```
 */
export function inspectProofFile(file: Uint8Array, expected: InspectParameters = {}): ProofInspection {
  const proof = parseProofFile(file);
  return {
    ...proof,
    verified: false,
    circuits: found(`sp1-${proof.version}` === circuitVersion),
    publicValuesMatch: found(
      expected.publicValuesHash === undefined || expected.publicValuesHash === proof.publicValuesHash,
    ),
    programMatches: expected.vkHash === undefined ? 'untold' : isOfProgram(proof, expected.vkHash),
    vkHash: programNamedIn(proof),
  };
}

const found = (holds: boolean): Finding => (holds ? 'holds' : 'fails');

/** Whether the proof names this program. */
export function isOfProgram(proof: ProofOutline, vkHash: VkHash): Finding {
  const { mode, served } = proof;
  if (mode === 'core') return 'untold';
  if (mode !== 'compressed') return found(programNamedIn(proof) === vkHash);
  // Among the public values of the recursion: eight field elements, little-endian, where the hash has them big-endian
  // (sp1-recursion-executor, RecursionPublicValues::sp1_vk_digest).
  const elements = Buffer.from(vkHash, 'hex').swap32();
  return found(Buffer.from(served.buffer, served.byteOffset, served.byteLength).includes(elements));
}

/** SP1's koalabears_to_bn254: eight words of 31 bits, the first one highest. */
const bitsOfWord = 31n;

/** The first public input of a proof for a chain: a decimal number, of at most 77 digits below 2^254. */
function programNamedIn({ mode, served }: ProofOutline): VkHash | undefined {
  if (mode !== 'plonk' && mode !== 'groth16') return undefined;
  const bytes = Buffer.from(served.buffer, served.byteOffset, served.byteLength);
  const length = bytes.length < 12 ? 0n : bytes.readBigUInt64LE(4);
  if (length === 0n || length > 77n) return undefined;
  const digits = bytes.toString('latin1', 12, 12 + Number(length));
  if (!/^\d+$/.test(digits)) return undefined;
  let number = BigInt(digits);
  const hash = Buffer.alloc(32);
  for (let at = 28; at >= 0; at -= 4) {
    hash.writeUInt32BE(Number(number & ((1n << bitsOfWord) - 1n)), at);
    number >>= bitsOfWord;
  }
  return number === 0n ? parseVkHash(hash) : undefined;
}
