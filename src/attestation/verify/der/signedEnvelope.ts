// What certificates and CRLs have in common: signed content, the algorithm (twice), the signature; and a list of extensions.
import { equalBytes } from '../bytes.js';
import { oids } from './oids.js';
import { childrenOf, DerError, type DerValue, expectTag, readOnly, tags } from './readDer.js';
import { bitsOf, booleanOf, ecdsaSignatureOf, oidOf } from './values.js';

export interface SignedEnvelope {
  /** Over these bytes the signature is. */
  readonly signed: Uint8Array;
  readonly fields: readonly DerValue[];
  /** The algorithm as the outside has it; the inside must have the same. */
  readonly algorithm: DerValue;
  /** r ‖ s. */
  readonly signature: Uint8Array;
}

export function openEnvelope(der: Uint8Array): SignedEnvelope {
  const [content, algorithm, signature, ...more] = childrenOf(readOnly(der, tags.sequence));
  const signed = expectTag(content, tags.sequence);
  if (more.length > 0) throw new DerError('something follows the signature');
  const outer = expectTag(algorithm, tags.sequence);
  const [oid, ...parameters] = childrenOf(outer);
  if (oidOf(oid) !== oids.ecdsaWithSha256 || parameters.length > 0)
    throw new DerError('it is not signed by ECDSA with SHA-256');
  return {
    signed: signed.raw,
    fields: childrenOf(signed),
    algorithm: outer,
    signature: ecdsaSignatureOf(bitsOf(signature)),
  };
}

export function expectSameAlgorithm(inner: DerValue | undefined, { algorithm }: SignedEnvelope): void {
  if (!equalBytes(expectTag(inner, tags.sequence).raw, algorithm.raw))
    throw new DerError('it names two signature algorithms');
}

/** Extension values by identifier. A critical one that is not in `known` changes the meaning of all the rest: it is refused. */
export function readExtensions(list: DerValue, known: readonly string[]): ReadonlyMap<string, Uint8Array> {
  const found = new Map<string, Uint8Array>();
  for (const extension of childrenOf(expectTag(list, tags.sequence))) {
    const parts = childrenOf(expectTag(extension, tags.sequence));
    const oid = oidOf(parts[0]);
    const isCritical = parts[1]?.tag === tags.boolean && booleanOf(parts[1]);
    const value = expectTag(parts.at(-1), tags.octetString);
    if (parts.length > (parts[1]?.tag === tags.boolean ? 3 : 2)) throw new DerError('an extension has too many parts');
    if (found.has(oid)) throw new DerError('an extension is there twice');
    if (isCritical && !known.includes(oid)) throw new DerError('a critical extension is not known here');
    found.set(oid, value.content);
  }
  if (found.size === 0) throw new DerError('the list of extensions is empty');
  return found;
}
