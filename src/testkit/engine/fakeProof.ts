// What the fake engine proves: deterministic keys, public values and proofs. A fake proof has the outer shape of a real one
// (variant, …, public values, version), a plonk or groth16 one its whole layout, so that the SDK can read it; and only
// `checkFakeProof` believes it.
import { createHash } from 'node:crypto';
import { BincodeReader, encodeBytes, encodeU32, MalformedFrame } from '../../engines/bincode.js';
import { type ProofMode, proofModeNumber, proofModes } from '../../engines/jobs.js';
import { koalaBearPrime } from '../../engines/poseidon2.js';
import { vkSizeBytes } from '../../engines/vk.js';

const sha256 = (...parts: Uint8Array[]) => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
};

/** The SDK's program artifact: u64 length ‖ ELF. */
export const programArtifact = (elf: Uint8Array) => encodeBytes(elf);

/** A verifying key of 104 bytes for these ELF bytes (without their length): 25 field elements and a zero flag. */
export function fakeVk(elf: Uint8Array): Buffer {
  const words = Array.from(
    { length: vkSizeBytes / 4 - 1 },
    (_, i) => sha256(elf, encodeU32(i)).readUInt32LE() % koalaBearPrime,
  );
  return encodeU32(...words, 0);
}

/** The key under which the fake, like the real one, holds a program. */
export const programKey = (elf: Uint8Array) => sha256(elf);

/** What every fake guest commits to: the SHA-256 of its stdin artifact. */
export const fakePublicValues = (stdin: Uint8Array) => sha256(stdin);

/** The hash that Executed and Verified carry: of the public values, not of stdin. */
export const fakePublicValuesHash = (stdin: Uint8Array) => sha256(fakePublicValues(stdin)).toString('hex');

interface FakeClaim {
  readonly mode: ProofMode;
  readonly vk: Uint8Array;
  readonly publicValues: Uint8Array;
}

/** Binds all that a proof claims, and its filler. Real proofs are sound. This one is deterministic. */
const sealOf = ({ mode, vk, publicValues }: FakeClaim, filler: Uint8Array) =>
  sha256(Buffer.from(`fake ${mode} proof`), vk, publicValues, filler);

/** Bytes of a proof file for a program, a stdin artifact and a mode: always the same ones. */
export function fakeProof(
  elf: Uint8Array,
  stdin: Uint8Array,
  mode: ProofMode,
  fillerBytes: number,
  vk: Uint8Array = fakeVk(elf),
): Buffer {
  return encodeProof({ mode, vk, publicValues: fakePublicValues(stdin) }, Buffer.alloc(fillerBytes, sha256(stdin)));
}

const isWrapped = (mode: ProofMode) => mode === 'plonk' || mode === 'groth16';

function encodeProof(claim: FakeClaim, filler: Uint8Array): Buffer {
  const seal = sealOf(claim, filler);
  // SP1Proof counts its variants from 0, the wire's modes from 1.
  const variant = encodeU32(proofModeNumber[claim.mode] - 1);
  // sp1-verifier's PlonkBn254Proof and Groth16Bn254Proof: public inputs, encoded proof, raw proof, digest of the circuit's key.
  const proof = isWrapped(claim.mode)
    ? [...publicInputsOf(claim), Buffer.from(filler).toString('hex'), ''].map(encodeBytes).concat(seal)
    : [seal, encodeBytes(filler)];
  return Buffer.concat([variant, ...proof, encodeBytes(claim.publicValues), encodeBytes('v6.1.0')]);
}

/** Of vk hash, public values, exit code, vk root and nonce only the second is what it says: the digest's low 253 bits. */
function publicInputsOf({ publicValues }: FakeClaim): string[] {
  const digest = sha256(publicValues);
  digest.writeUInt8(digest.readUInt8(0) & 0x1f, 0);
  return ['0', BigInt(`0x${digest.toString('hex')}`).toString(), '0', '0', '0'];
}

export interface FakeVerdict {
  readonly ok: boolean;
  readonly mode: ProofMode;
  /** In hex. */
  readonly publicValuesHash: string;
  readonly reason: string;
}

/** Accepts what `fakeProof` made for this key, byte for byte, and nothing else. */
export function checkFakeProof(vk: Uint8Array, proof: Uint8Array): FakeVerdict {
  try {
    const reader = new BincodeReader(proof);
    const variant = reader.u32('variant');
    const mode = proofModes.find((each) => proofModeNumber[each] - 1 === variant);
    return mode === undefined ? refused('unknown variant') : checkParts(reader, mode, vk, proof);
  } catch (error) {
    if (error instanceof MalformedFrame) return refused(error.message);
    throw error;
  }
}

function checkParts(reader: BincodeReader, mode: ProofMode, vk: Uint8Array, proof: Uint8Array): FakeVerdict {
  const filler = isWrapped(mode) ? readWrapped(reader) : readPlain(reader);
  const publicValues = reader.bytes('public values');
  const ok = encodeProof({ mode, vk, publicValues }, filler).equals(proof);
  const publicValuesHash = sha256(publicValues).toString('hex');
  return { ok, mode, publicValuesHash, reason: ok ? '' : 'the seal does not match' };
}

function readPlain(reader: BincodeReader): Buffer {
  reader.raw(32, 'seal');
  return reader.bytes('filler');
}

function readWrapped(reader: BincodeReader): Buffer {
  for (let input = 0; input < 5; input++) reader.bytes('public input');
  const encoded = reader.bytes('encoded proof').toString('latin1');
  reader.bytes('raw proof');
  reader.raw(32, 'digest');
  return Buffer.from(encoded, 'hex');
}

const refused = (reason: string): FakeVerdict => ({
  ok: false,
  mode: 'core',
  publicValuesHash: '00'.repeat(32),
  reason,
});
