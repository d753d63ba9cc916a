// AES-256-GCM by node:crypto, in the place that HPKE's library leaves for an AEAD. WebCrypto has it too, on threads that are not the main one: to
// go there and back for each frame takes longer than the frame, and on a busy machine many times as long (docs/decisions/sealed-bodies.md).

import { createCipheriv, createDecipheriv } from 'node:crypto';
import type { AeadInterface } from '@hpke/core';

import { bufferOf } from './bytes.js';

const algorithm = 'aes-256-gcm';
const tagBytes = 16;
const options = { authTagLength: tagBytes } as const;

type Bytes = ArrayBufferLike | ArrayBufferView;

/** HPKE's AEAD 0x0002. A context keeps the key as long as it is used. */
export const aes256Gcm: AeadInterface = {
  id: 0x0002,
  keySize: 32,
  nonceSize: 12,
  tagSize: tagBytes,
  createEncryptionContext(rawKey) {
    const key = new Uint8Array(viewOf(rawKey));
    return {
      async seal(iv, data, aad) {
        const cipher = createCipheriv(algorithm, key, viewOf(iv), options).setAAD(viewOf(aad));
        const plaintext = viewOf(data);
        // Not filled with zeros first, and in memory of its own. All of it is written.
        const sealed = Buffer.allocUnsafeSlow(plaintext.byteLength + tagBytes);
        sealed.set(cipher.update(plaintext));
        cipher.final();
        sealed.set(cipher.getAuthTag(), plaintext.byteLength);
        return bufferOf(sealed);
      },
      /** Rejects when it was not sealed so: nothing of it is given out before that is known. */
      async open(iv, data, aad) {
        const sealed = viewOf(data);
        const end = sealed.byteLength - tagBytes;
        if (end < 0) throw new Error('it has no tag');
        const decipher = createDecipheriv(algorithm, key, viewOf(iv), options).setAAD(viewOf(aad));
        decipher.setAuthTag(sealed.subarray(end));
        const opened = decipher.update(sealed.subarray(0, end));
        decipher.final();
        return bufferOf(opened);
      },
    };
  },
};

const viewOf = (bytes: Bytes): Uint8Array =>
  ArrayBuffer.isView(bytes) ? new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength) : new Uint8Array(bytes);
