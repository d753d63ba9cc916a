// The common name in a distinguished name, and the names that Intel's certificates have.
import { textOfBytes } from '../bytes.js';
import { oids } from '../der/oids.js';
import { childrenOf, DerError, type DerValue, expectTag, tags } from '../der/readDer.js';
import { oidOf } from '../der/values.js';

export const intelNames = {
  pckLeaf: 'Intel SGX PCK Certificate',
  pckPlatformCa: 'Intel SGX PCK Platform CA',
  pckProcessorCa: 'Intel SGX PCK Processor CA',
  tcbSigner: 'Intel SGX TCB Signing',
} as const;

export const pckCaNames: readonly string[] = [intelNames.pckPlatformCa, intelNames.pckProcessorCa];

/** A name with none, or with two, has no common name that one could go by. */
export function commonNameOf(name: DerValue): string {
  const found = childrenOf(name)
    .flatMap((set) => childrenOf(expectTag(set, tags.set)))
    .map((attribute) => childrenOf(expectTag(attribute, tags.sequence)))
    .filter(([type]) => oidOf(type) === oids.commonName)
    .map(([, value]) => value);
  const [value, ...more] = found;
  if (value === undefined || more.length > 0) throw new DerError('its subject has not one common name');
  if (value.tag !== tags.utf8String && value.tag !== tags.printableString)
    throw new DerError('its common name is no text');
  const text = textOfBytes(value.content);
  if (text === undefined) throw new DerError('its common name is not UTF-8');
  return text;
}
