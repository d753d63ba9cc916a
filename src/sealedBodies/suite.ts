// The one suite of HPKE (RFC 9180) that bodies are sealed with: X25519, HKDF-SHA256, AES-256-GCM. Loaded when it is first needed: most
// commands seal nothing.
import type { CipherSuite } from '@hpke/core';
import { aes256Gcm } from './aes256Gcm.js';
import { owned } from './bytes.js';

let loading: Promise<CipherSuite> | undefined;

export function loadSuite(): Promise<CipherSuite> {
  loading ??= import('@hpke/core').then(
    ({ CipherSuite, DhkemX25519HkdfSha256, HkdfSha256 }) =>
      new CipherSuite({ kem: new DhkemX25519HkdfSha256(), kdf: new HkdfSha256(), aead: aes256Gcm }),
  );
  return loading;
}

/** The first 8 bytes of the SHA-256 of a public key, in hex. */
export async function kidOf(publicKey: Uint8Array): Promise<string> {
  const digest = await globalThis.crypto.subtle.digest('SHA-256', owned(publicKey));
  return Buffer.from(digest, 0, 8).toString('hex');
}
