// The key of an answer: from the secret that both ends export of the request's HPKE context, and a nonce that the service adds.
import { aes256Gcm } from './aes256Gcm.js';
import { type AnswerFacts, answerAad } from './authenticated.js';
import { joined } from './bytes.js';
import type { OpenFrame, SealFrame } from './frames.js';

/** For HPKE's export, 32 bytes. */
export const answerSecret = { label: new TextEncoder().encode('sealed-body/1 response'), bytes: 32 } as const;

export interface AnswerKey {
  /** Each for one answer: frames are counted. */
  sealerFor(facts: AnswerFacts): SealFrame;
  openerFor(facts: AnswerFacts): OpenFrame;
}

const { subtle } = globalThis.crypto;
const nonceBytes = 12;

/** `secret` as exported, `enc` of the request, `nonce` of the answer's header. */
export async function deriveAnswerKey(
  secret: ArrayBuffer,
  { enc, nonce }: { readonly enc: Uint8Array; readonly nonce: Uint8Array },
): Promise<AnswerKey> {
  const extracted = await subtle.importKey('raw', secret, 'HKDF', false, ['deriveBits']);
  const derive = (info: string, bytes: number) =>
    subtle.deriveBits(
      { name: 'HKDF', hash: 'SHA-256', salt: joined([enc, nonce]), info: new TextEncoder().encode(info) },
      extracted,
      bytes * 8,
    );
  const [keyBits, base] = await Promise.all([derive('key', 32), derive('nonce', nonceBytes)]);
  const context = aes256Gcm.createEncryptionContext(keyBits);
  return {
    sealerFor(facts) {
      let index = 0;
      return async (plaintext, isLast) =>
        new Uint8Array(await context.seal(frameNonce(base, index++), plaintext, answerAad(facts, isLast)));
    },
    openerFor(facts) {
      let index = 0;
      return (ciphertext, isLast) =>
        context.open(frameNonce(base, index), ciphertext, answerAad(facts, isLast)).then(
          (opened) => {
            index += 1;
            return new Uint8Array(opened);
          },
          // The cipher gives one reason only: it was not sealed so.
          () => undefined,
        );
    },
  };
}

/** The base XOR the frame's index, big-endian. */
function frameNonce(base: ArrayBuffer, index: number): Uint8Array<ArrayBuffer> {
  const nonce = new Uint8Array(base.slice(0));
  const view = new DataView(nonce.buffer);
  view.setUint32(4, view.getUint32(4) ^ Math.floor(index / 2 ** 32));
  view.setUint32(8, view.getUint32(8) ^ index);
  return nonce;
}
