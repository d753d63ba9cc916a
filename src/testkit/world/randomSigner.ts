// A signer for tests: a key of this process alone, which signs at once.
import type { Random } from '../../random.js';
import { addressOf, secp256k1 } from '../../tee/secp256k1.js';
import type { Signer } from '../../tee/signer.js';

export function createRandomSigner(random: Random): Signer {
  let secret = random.bytes(32);
  // One in 2^128 is none.
  while (!secp256k1.privateKeyVerify(secret)) secret = random.bytes(32);
  const key = { address: addressOf(secp256k1.publicKeyCreate(secret, false)), isSimulated: true };
  return {
    active: () => ({
      ...key,
      // A machine that is set back or cloned never signs two messages with one nonce: they follow from key and digest.
      sign(digest) {
        const { signature, recid } = secp256k1.ecdsaSign(digest, secret);
        return Uint8Array.of(...signature, 27 + recid);
      },
    }),
    keys: () => [key],
    onChange: () => () => {},
  };
}
