// Intel's extension of a PCK certificate: which platform it is, and the security versions it was certified with.
import { toHex } from '../bytes.js';
import { oids } from '../der/oids.js';
import { childrenOf, DerError, type DerValue, expectTag, readOnly, tags } from '../der/readDer.js';
import { numberOf, oidOf } from '../der/values.js';
import { refuse } from '../failure.js';
import type { Certificate } from './certificate.js';

export interface PckPlatform {
  /** 16 bytes; identifies the processor package, so only its digest is shown. */
  readonly ppid: Uint8Array;
  /** The 16 component SVNs, which Intel's rules compare. */
  readonly cpuSvn: Uint8Array;
  readonly pceSvn: number;
  readonly pceId: Uint8Array;
  /** Six bytes: family, model, stepping, platform, as the collateral is asked for. */
  readonly fmspc: Uint8Array;
}

/** CERT_MALFORMED. */
export function pckPlatformOf(leaf: Certificate): PckPlatform {
  const extension = leaf.extensions.get(oids.sgx);
  if (extension === undefined) refuse('CERT_MALFORMED', 'The PCK certificate has no extension of Intel.');
  try {
    return read(extension);
  } catch (error) {
    if (!(error instanceof DerError)) throw error;
    return refuse('CERT_MALFORMED', `The PCK certificate's extension: ${error.message}.`);
  }
}

function read(extension: Uint8Array): PckPlatform {
  const fields = entriesOf(readOnly(extension, tags.sequence), oids.sgx);
  const tcb = entriesOf(expectTag(fields.get('02'), tags.sequence), `${oids.sgx}02`);
  return {
    ppid: octets(fields.get('01'), 16),
    cpuSvn: octets(tcb.get('12'), 16),
    pceSvn: numberOf(tcb.get('11')),
    pceId: octets(fields.get('03'), 2),
    fmspc: octets(fields.get('04'), 6),
  };
}

/** Pairs of identifier and value, by the last arc (hex) of identifiers that begin with `prefix`. */
function entriesOf(sequence: DerValue, prefix: string): ReadonlyMap<string, DerValue> {
  const entries = new Map<string, DerValue>();
  for (const entry of childrenOf(sequence)) {
    const [name, value, ...more] = childrenOf(expectTag(entry, tags.sequence));
    const oid = oidOf(name);
    if (value === undefined || more.length > 0 || !oid.startsWith(prefix)) throw new DerError('an entry is malformed');
    const arc = oid.slice(prefix.length);
    if (entries.has(arc)) throw new DerError(`entry ${toHex(name?.content ?? new Uint8Array())} is there twice`);
    entries.set(arc, value);
  }
  return entries;
}

function octets(value: DerValue | undefined, sizeBytes: number): Uint8Array {
  const { content } = expectTag(value, tags.octetString);
  if (content.byteLength !== sizeBytes) throw new DerError(`an entry has not ${sizeBytes} bytes`);
  return content;
}
