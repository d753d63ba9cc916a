// Verifies a TEE proof on this machine: what it says, and whose word it is. Whether that key runs in an enclave is another question, which its
// quote or a registry answers.
import { type Address, shownId, type VkHash } from '../ids.js';
import { programVKeyOf, vkHashOfProgramVKey } from '../tee/programVKey.js';
import { recoverSigner, signatureProblem } from '../tee/recoverSigner.js';
import { teeDigest } from '../tee/teeProof.js';
import { givenAddress, givenVkHash } from './givenId.js';
import { parseTeeProof } from './teeProofFile.js';

export interface VerifyTeeProofParameters {
  /** As the service answered it. */
  readonly proof: Uint8Array;
  /** The program that it has to be of, as the network names it. */
  readonly vkHash?: string;
  /** The same in the form of SP1's contracts (`bytes32`). */
  readonly programVKey?: string;
  /** What the program has to have committed to. Default: anything. */
  readonly publicValues?: Uint8Array;
  /** The keys that are trusted, of which one has to have signed. */
  readonly signers?: readonly string[];
}

export interface TeeCheck {
  /** `registry` and `policy` where a registry is asked, `quote` where the quote of the key is looked at. */
  readonly id: 'shape' | 'vk' | 'publicValues' | 'signature' | 'signer' | 'registry' | 'policy' | 'quote';
  readonly ok: boolean;
  /** A sentence. */
  readonly detail: string;
}

export interface TeeVerdict {
  /** All checks hold. Without a program to compare with, or without signers to trust, they do not. */
  readonly ok: boolean;
  readonly checks: readonly TeeCheck[];
  readonly vkHash: VkHash;
  readonly publicValues: Uint8Array;
  /** Who has signed, trusted or not. Undefined where the signature is none. */
  readonly signer: Address | undefined;
}

/**
 * One verdict, with every check by name. Throws PROOF_MALFORMED for what is no TEE proof, and ID_INVALID.
 * @example
 * ```ts
 * const { ok, checks } = verifyTeeProof({ proof: file, vkHash, signers: ['0x1a64…14F1'] });
 * ```
 */
export function verifyTeeProof(parameters: VerifyTeeProofParameters): TeeVerdict {
  const { signature, vkHash, publicValues } = parseTeeProof(parameters.proof);
  const signer = recoverSigner(teeDigest(vkHash, publicValues), signature);
  const checks = [
    shapeCheck(signature, vkHash),
    vkCheck(vkHash, parameters),
    publicValuesCheck(publicValues, parameters.publicValues),
    check('signature', signer !== undefined, signer ? `It is by ${shownId(signer)}.` : 'It is by no key.'),
    signerCheck(signer, parameters.signers),
  ];
  return { ok: checks.every(({ ok }) => ok), checks, vkHash, publicValues, signer };
}

const check = (id: TeeCheck['id'], ok: boolean, detail: string): TeeCheck => ({ id, ok, detail });

function shapeCheck(signature: Uint8Array, vkHash: VkHash): TeeCheck {
  const problem =
    signatureProblem(signature) ??
    (programVKeyOf(vkHash) === undefined ? 'the vk is not that of a program' : undefined);
  return check('shape', problem === undefined, problem === undefined ? 'It is well-formed.' : `It is not: ${problem}.`);
}

function vkCheck(found: VkHash, { vkHash, programVKey }: VerifyTeeProofParameters): TeeCheck {
  if (vkHash === undefined && programVKey === undefined)
    return check('vk', false, 'There is no program to compare it with: a signature over any other is as good.');
  // A bytes32 that no program has unpacks to nothing, and then it is not this one.
  const expected = [
    ...(vkHash === undefined ? [] : [givenVkHash(vkHash)]),
    ...(programVKey === undefined ? [] : [vkHashOfProgramVKey(givenVkHash(programVKey))]),
  ];
  const ok = expected.every((each) => each === found);
  return check('vk', ok, ok ? 'It is of the program.' : `It is of another program, 0x${found}.`);
}

function publicValuesCheck(found: Uint8Array, expected: Uint8Array | undefined): TeeCheck {
  if (expected === undefined) return check('publicValues', true, `They have ${found.byteLength} bytes.`);
  const ok = Buffer.compare(found, expected) === 0;
  return check('publicValues', ok, ok ? 'They are as expected.' : 'They are not what is expected.');
}

function signerCheck(signer: Address | undefined, trusted: readonly string[] | undefined): TeeCheck {
  if (trusted === undefined || trusted.length === 0)
    return check('signer', false, 'No key is trusted: anybody can make one and sign with it.');
  const ok = signer !== undefined && trusted.map(givenAddress).includes(signer);
  return check(
    'signer',
    ok,
    ok ? 'It is one of the keys that are trusted.' : 'It is none of the keys that are trusted.',
  );
}
