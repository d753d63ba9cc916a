// The evidence files of dstack-ingress against the quote and against the connection. They carry no nonce: what is quoted is a certificate whose
// key should never leave the VM.
import { createHash, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import type { QuoteExamination } from '../../verify/examineQuote.js';
import { failureOf, refuse } from '../../verify/failure.js';
import { type Check, type CheckId, failedCheck, passed, skipped } from '../../verify/verdict/checks.js';
import { parseManifest } from './manifest.js';
import type { EvidenceFiles, Shown } from './shown.js';

export function appraiseFiles(shown: Shown, { claims }: QuoteExamination): readonly Check[] {
  const { files, certificate, evidence } = shown;
  if (files === undefined) {
    const why = 'No evidence files were shown.';
    return [skipped('evidence.manifest', why), skipped('evidence.certificate', why)];
  }
  if (claims === undefined) {
    const why = 'The quote did not verify.';
    return [skipped('evidence.manifest', why), skipped('evidence.certificate', why)];
  }
  const quoted = run('binding.report_data', () => checkPosition(files.manifest, claims.td.reportData));
  const listed = run('evidence.manifest', () => checkManifest(files));
  if (quoted.status !== 'ok' || listed.status !== 'ok')
    return [quoted, listed, skipped('evidence.certificate', 'The files are not those that were quoted.')];
  return [
    quoted,
    listed,
    run('evidence.certificate', () => checkCertificate(files, certificate, hostOf(evidence.target.url))),
  ];
}

function run(id: CheckId, work: () => string): Check {
  try {
    return passed(id, work());
  } catch (error) {
    const { code, detail } = failureOf(error);
    return failedCheck(id, code, detail);
  }
}

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest();

/** By its place: the same digest elsewhere in the quote is in a field that the host chooses. */
function checkPosition(manifest: Uint8Array, reportData: Uint8Array): string {
  const expected = Buffer.concat([sha256(manifest), Buffer.alloc(32)]);
  if (!expected.equals(reportData))
    refuse('REPORT_DATA_WRONG', 'The quote is not made for the list of the evidence files.');
  return 'The quote is made for the list of the evidence files.';
}

function checkManifest({ manifest, listed }: EvidenceFiles): string {
  const entries = parseManifest(manifest);
  for (const { name, digest } of entries) {
    const bytes = listed.get(name);
    if (bytes === undefined) return refuse('EVIDENCE_FILE_WRONG', `${name} is listed and was not shown.`);
    if (sha256(bytes).toString('hex') !== digest)
      refuse('EVIDENCE_FILE_WRONG', `${name} is not the file that was quoted.`);
  }
  return `${entries.length} files, each with the digest that was quoted.`;
}

function checkCertificate({ listed }: EvidenceFiles, served: string | undefined, host: string | undefined): string {
  if (served === undefined) return refuse('EVIDENCE_CERTIFICATE_WRONG', 'The connection has shown no certificate.');
  const leaf = new X509Certificate(served);
  const certificates = [...listed].flatMap(([name, bytes]) =>
    name.endsWith('.pem') ? [{ name, leaf: leafOf(name, bytes) }] : [],
  );
  const covering = certificates.filter(({ leaf: of }) => host === undefined || covers(of, host));
  if (covering.length === 0) refuse('EVIDENCE_CERTIFICATE_WRONG', `No certificate among the files is for ${host}.`);
  const same = covering.find(({ leaf: of }) => of.raw.equals(leaf.raw));
  if (same === undefined)
    return refuse(
      'EVIDENCE_CERTIFICATE_WRONG',
      'The connection shows another certificate than the one that was quoted.',
    );
  return `The connection shows ${same.name}.`;
}

function leafOf(name: string, bytes: Uint8Array): X509Certificate {
  try {
    return new X509Certificate(bytes);
  } catch {
    // OpenSSL's words are for programmers.
    return refuse('EVIDENCE_MALFORMED', `${name} is no certificate.`);
  }
}

export const covers = (certificate: X509Certificate, host: string): boolean =>
  (isIP(host) === 0 ? certificate.checkHost(host, { subject: 'never' }) : certificate.checkIP(host)) !== undefined;

export const hostOf = (url: string | undefined): string | undefined =>
  url === undefined ? undefined : new URL(url).hostname.replace(/^\[|\]$/g, '');
