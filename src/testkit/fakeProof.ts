// What the fake engine proves: deterministic keys, public values and proofs. A fake proof has the outer shape of a real one
// (variant, …, public values, version), and only `checkFakeProof` believes it.
import { createHash } from 'node:crypto';
import { BincodeReader, encodeBytes, encodeU32, MalformedFrame } from '../engines/bincode.js';
import { type ProofMode, proofModeNumber, proofModes } from '../engines/jobs.js';
import { koalaBearPrime } from '../engines/poseidon2.js';
import { vkSizeBytes } from '../engines/vk.js';

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

/** Binds all that a proof claims, and its filler. Real proofs are sound; this one is deterministic. */
const sealOf = ({ mode, vk, publicValues }: FakeClaim, filler: Uint8Array) =>
  sha256(Buffer.from(`fake ${mode} proof`), vk, publicValues, filler);

/** Bytes of a proof file for a program, a stdin artifact and a mode: always the same ones. */
export function fakeProof(elf: Uint8Array, stdin: Uint8Array, mode: ProofMode, fillerBytes: number): Buffer {
  const claim = { mode, vk: fakeVk(elf), publicValues: fakePublicValues(stdin) };
  const filler = Buffer.alloc(fillerBytes, sha256(stdin));
  // SP1Proof counts its variants from 0, the wire's modes from 1.
  const variant = encodeU32(proofModeNumber[mode] - 1);
  return Buffer.concat([
    variant,
    sealOf(claim, filler),
    encodeBytes(filler),
    encodeBytes(claim.publicValues),
    encodeBytes('v6.1.0'),
  ]);
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
    return mode === undefined ? refused('unknown variant') : checkParts(reader, mode, vk);
  } catch (error) {
    if (error instanceof MalformedFrame) return refused(error.message);
    throw error;
  }
}

function checkParts(reader: BincodeReader, mode: ProofMode, vk: Uint8Array): FakeVerdict {
  const seal = reader.raw(32, 'seal');
  const filler = reader.bytes('filler');
  const publicValues = reader.bytes('public values');
  const version = reader.text('version');
  reader.end();
  const ok = version === 'v6.1.0' && sealOf({ mode, vk, publicValues }, filler).equals(seal);
  const publicValuesHash = sha256(publicValues).toString('hex');
  return { ok, mode, publicValuesHash, reason: ok ? '' : 'the seal does not match' };
}

const refused = (reason: string): FakeVerdict => ({
  ok: false,
  mode: 'core',
  publicValuesHash: '00'.repeat(32),
  reason,
});
