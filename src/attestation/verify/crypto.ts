// WebCrypto, as browsers and Node have it: digests, and ECDSA over P-256 with SHA-256, the only signature in Intel's chain.
import { concatBytes } from './bytes.js';

const { subtle } = globalThis.crypto;
const uncompressed = Uint8Array.of(4);
const ecdsa = { name: 'ECDSA', namedCurve: 'P-256' } as const;

async function digest(algorithm: 'SHA-256' | 'SHA-384' | 'SHA-512', bytes: Uint8Array): Promise<Uint8Array> {
  return new Uint8Array(await subtle.digest(algorithm, bytes as Uint8Array<ArrayBuffer>));
}

export const sha256 = (bytes: Uint8Array): Promise<Uint8Array> => digest('SHA-256', bytes);
export const sha384 = (bytes: Uint8Array): Promise<Uint8Array> => digest('SHA-384', bytes);
export const sha512 = (bytes: Uint8Array): Promise<Uint8Array> => digest('SHA-512', bytes);

/** `key` is x ‖ y, `signature` r ‖ s, 64 bytes each. False as well for a key that is no point of the curve. */
export async function verifyP256(key: Uint8Array, signature: Uint8Array, signed: Uint8Array): Promise<boolean> {
  const point = concatBytes(uncompressed, key);
  const imported = await subtle.importKey('raw', point as Uint8Array<ArrayBuffer>, ecdsa, false, ['verify']).then(
    (value) => value,
    () => undefined,
  );
  if (imported === undefined || signature.byteLength !== 64) return false;
  return await subtle.verify(
    { name: 'ECDSA', hash: 'SHA-256' },
    imported,
    signature as Uint8Array<ArrayBuffer>,
    signed as Uint8Array<ArrayBuffer>,
  );
}
