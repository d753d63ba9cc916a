// P-256 keys from 32 bytes: of an agent, or of chance.
import { createECDH, createHash, createPrivateKey, type KeyObject } from 'node:crypto';
import { der, octets, oid, sequence } from './derWriter.js';

/** The P-256 key whose scalar these 32 bytes are; the rare ones that are none are hashed until they are. */
export function p256KeyOf(secret: Uint8Array): KeyObject {
  let scalar = Buffer.from(secret);
  while (!isScalar(scalar)) scalar = createHash('sha256').update(scalar).digest();
  return createPrivateKey({ key: ecPrivateKey(scalar), format: 'der', type: 'sec1' });
}

/** Neither zero nor beyond the curve's order; a key's import does not look. */
function isScalar(scalar: Buffer): boolean {
  try {
    createECDH('prime256v1').setPrivateKey(scalar);
    return true;
  } catch {
    return false;
  }
}

/** Of RFC 5915, without the public half, which is computed. */
const ecPrivateKey = (scalar: Buffer): Buffer =>
  sequence(Buffer.of(0x02, 1, 1), octets(scalar), der(0xa0, oid('1.2.840.10045.3.1.7')));
