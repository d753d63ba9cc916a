// A TEE proof of the demonstration, with what is known about it from elsewhere.
import { parseTeeProof, type VkHash, verifyTeeProof } from '../../src/client/client.js';
import { encodeTeeProof } from '../../src/tee/teeProof.js';

export interface DemoProof {
  /** As the service answered it. */
  readonly bytes: Uint8Array;
  readonly vkHash: VkHash;
  readonly publicValues: Uint8Array;
  readonly signature: Uint8Array;
  readonly tookMs: number;
  /** Off chain: every check of `verifyTeeProof`. */
  isSignedBy(signer: string): boolean;
  withOtherPublicValues(): DemoProof;
}

/** `vkHash`: of the program as this machine has set it up, not as the proof says. */
export function createProof(bytes: Uint8Array, vkHash: VkHash, tookMs: number): DemoProof {
  const { publicValues, signature } = parseTeeProof(bytes);
  return {
    bytes,
    vkHash,
    publicValues,
    signature,
    tookMs,
    isSignedBy: (signer) => verifyTeeProof({ proof: bytes, vkHash, signers: [signer] }).ok,
    withOtherPublicValues() {
      const others = Uint8Array.from(publicValues);
      others[others.length - 1] = (others.at(-1) ?? 0) ^ 1;
      return createProof(encodeTeeProof({ signature, vkHash, publicValues: others }), vkHash, tookMs);
    },
  };
}
