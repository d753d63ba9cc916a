// A signer that has a key when a test says so. Its first key is that of the reference's vectors: 32 bytes of one.
import { addressOf, secp256k1 } from '../../tee/secp256k1.js';
import type { ActiveKey, Signer } from '../../tee/signer.js';

export const vectorKey = keyOf(1);
/** What comes after it. */
export const nextKey = keyOf(2);

function keyOf(byte: number): ActiveKey {
  const secret = new Uint8Array(32).fill(byte);
  return {
    address: addressOf(secp256k1.publicKeyCreate(secret, false)),
    isSimulated: true,
    sign(digest) {
      const { signature, recid } = secp256k1.ecdsaSign(digest, secret);
      return Uint8Array.of(...signature, 27 + recid);
    },
  };
}

type State = 'active' | 'waiting' | 'succeeded';

export interface ScriptedSigner extends Signer {
  /** How many signatures were made. */
  readonly signed: number;
  /** `succeeded`: another key signs. */
  become(state: State): void;
  /** The process is gone: none of its requests hears of this signer any more. */
  die(): void;
}

export function scriptedSigner(state: State = 'active'): ScriptedSigner {
  const listeners = new Set<() => void>();
  let now = state;
  let signed = 0;
  const counted = (key: ActiveKey): ActiveKey => ({
    ...key,
    sign(digest) {
      signed += 1;
      return key.sign(digest);
    },
  });
  const [first, next] = [counted(vectorKey), counted(nextKey)];
  return {
    get signed() {
      return signed;
    },
    become(state) {
      now = state;
      for (const listener of listeners) listener();
    },
    die: () => listeners.clear(),
    active: () => (now === 'waiting' ? { waiting: 'no key is registered yet' } : now === 'active' ? first : next),
    keys: () => (now === 'succeeded' ? [first, next] : [first]),
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
