// The set of evidence files in the layout of dstack-ingress: account, certificate, their digests, and a quote over the digests. It needs no
// nonce, because it binds a public key whose private half stays inside.
import { createHash, X509Certificate } from 'node:crypto';
import type { CheckedQuote } from '../providers/checkedQuote.js';
import { toHex } from '../verify/bytes.js';

export interface EvidenceSet {
  /** PEM, as it is served. */
  readonly certificate: string;
  /** By name. */
  readonly files: ReadonlyMap<string, Buffer>;
}

export interface EvidenceParts {
  /** PEM, with its chain. */
  readonly certificate: string;
  /** certbot's `regr.json`, where there is one. */
  readonly acmeAccount: Buffer | undefined;
}

export const manifestName = 'sha256sum.txt';
export const quoteName = 'quote.json';
export const acmeAccountName = 'acme-account.json';

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest();

/** As `sha256sum` writes it: the account first, then the certificate. */
export function manifestOf(files: ReadonlyMap<string, Buffer>): Buffer {
  return Buffer.from([...files].map(([name, bytes]) => `${sha256(bytes).toString('hex')}  ${name}\n`).join(''));
}

/** What is quoted: SHA-256 of the manifest, and 32 zeros. */
export const reportDataOf = (manifest: Uint8Array): Uint8Array =>
  new Uint8Array(Buffer.concat([sha256(manifest), Buffer.alloc(32)]));

/** The files that the manifest lists, in its order. */
export function listedFiles({ certificate, acmeAccount }: EvidenceParts): Map<string, Buffer> {
  const account = acmeAccount === undefined ? [] : [[acmeAccountName, acmeAccount] as const];
  return new Map([...account, [certificateName(certificate), Buffer.from(certificate)]]);
}

/** Rejects as `quote` does. */
export async function makeEvidenceSet(
  parts: EvidenceParts,
  quote: (reportData: Uint8Array) => Promise<CheckedQuote>,
): Promise<EvidenceSet> {
  const files = listedFiles(parts);
  const manifest = manifestOf(files);
  const reportData = reportDataOf(manifest);
  const made = await quote(reportData);
  // The form of GetQuote's answer.
  const answer = {
    quote: toHex(made.quote),
    event_log: JSON.stringify(made.eventLog ?? []),
    report_data: toHex(reportData),
    vm_config: made.vmConfig ?? '',
  };
  files.set(manifestName, manifest);
  files.set(quoteName, Buffer.from(JSON.stringify(answer)));
  return { certificate: parts.certificate, files };
}

/** `cert-<domain>.pem` by the first name in it; `cert.pem`, as older releases have it, where that is no domain. */
function certificateName(pem: string): string {
  const { subjectAltName = '' } = new X509Certificate(pem);
  const domain = /(?:^|, )DNS:([A-Za-z0-9*][A-Za-z0-9._*-]{0,252})(?:,|$)/.exec(subjectAltName)?.[1];
  return domain === undefined ? 'cert.pem' : `cert-${domain}.pem`;
}
