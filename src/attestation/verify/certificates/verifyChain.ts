// A chain from its leaf to the pinned root: V4 to V7 of the rules.
import { equalBytes, toHex } from '../bytes.js';
import { sha256, verifyP256 } from '../crypto.js';
import { refuse } from '../failure.js';
import { type Certificate, parseCertificate } from './certificate.js';
import { readPem } from './readPem.js';

export interface ChainShape {
  /** For messages: "the PCK chain". */
  readonly what: string;
  /** Common names, leaf first, without the root: one of these each. */
  readonly names: readonly (readonly string[])[];
  readonly isLeafCa: boolean;
}

/** Leaf first. CERT_MALFORMED (V4). */
export function readChain(source: Uint8Array | string, { what, names }: ChainShape): Certificate[] {
  const ders = readPem(source, what);
  const length = names.length + 1;
  if (ders.length !== length)
    refuse('CERT_MALFORMED', `${what} has ${ders.length} certificates where ${length} belong.`);
  return ders.map((der, i) => parseCertificate(der, `certificate ${i + 1} of ${what}`));
}

/** Ends at the certificate whose DER has the pinned SHA-256 (hex). CERT_CHAIN_INVALID (V5). */
export async function verifyRoot(chain: readonly Certificate[], roots: readonly string[], what: string): Promise<void> {
  const root = chain.at(-1);
  const digest = root === undefined ? '' : toHex(await sha256(root.der));
  if (!roots.includes(digest)) refuse('CERT_CHAIN_INVALID', `${what} ends at ${digest}, which is not the pinned root.`);
}

/** Names, who may sign, and each signature under the next certificate. CERT_CHAIN_INVALID (V6). */
export async function verifyLinks(chain: readonly Certificate[], shape: ChainShape): Promise<void> {
  for (const [i, names] of shape.names.entries()) {
    const name = chain[i]?.commonName ?? '';
    if (!names.includes(name))
      refuse('CERT_CHAIN_INVALID', `${shape.what}: certificate ${i + 1} is "${name}", not "${names.join('" or "')}".`);
  }
  if (chain[0]?.isCa !== shape.isLeafCa)
    refuse('CERT_CHAIN_INVALID', `${shape.what}: "${chain[0]?.commonName}" ${shape.isLeafCa ? 'is no' : 'is a'} CA.`);
  for (const [i, certificate] of chain.entries()) {
    const issuer = chain[i + 1] ?? certificate;
    const between = `${shape.what}: "${certificate.commonName}"`;
    if (!issuer.isCa) refuse('CERT_CHAIN_INVALID', `${between} is issued by a certificate that may not issue.`);
    if (!equalBytes(certificate.issuer, issuer.subject))
      refuse('CERT_CHAIN_INVALID', `${between} names another issuer than "${issuer.commonName}".`);
    // The root's own signature adds nothing to the pin.
    if (issuer === certificate) continue;
    if (!(await verifyP256(issuer.publicKey, certificate.signature, certificate.signed)))
      refuse('CERT_CHAIN_INVALID', `${between} is not signed by "${issuer.commonName}".`);
  }
}

/** CERT_NOT_VALID_NOW (V7). */
export function verifyValidity(chain: readonly Certificate[], now: number, what: string): void {
  for (const { commonName, notBefore, notAfter } of chain) {
    const name = `${what}: "${commonName}"`;
    if (now < notBefore) refuse('CERT_NOT_VALID_NOW', boundText(`${name} begins`, notBefore, now));
    if (now > notAfter) refuse('CERT_NOT_VALID_NOW', boundText(`${name} ended`, notAfter, now));
  }
}

/** Names the bound and the clock: a wrong clock is the likeliest reason. */
export const boundText = (what: string, bound: number, now: number): string =>
  `${what} ${isoOf(bound)}, it is ${isoOf(now)} here; the clock of this machine may be wrong.`;

const isoOf = (seconds: number): string =>
  Math.abs(seconds) < 8.64e12 ? new Date(seconds * 1000).toISOString().replace('.000Z', 'Z') : `${seconds}`;
