// sha256sum.txt of the evidence files, in the one form that means the same to every reader.
import { textOfBytes } from '../../verify/bytes.js';
import { refuse } from '../../verify/failure.js';

export interface ManifestEntry {
  readonly name: string;
  /** SHA-256 in hex. */
  readonly digest: string;
}

export const acmeAccountName = 'acme-account.json';

/** An account, and certificates: those of domains that are served no more stay in it. */
const mostEntries = 32;
const line = /^([0-9a-f]{64}) {2}([A-Za-z0-9._*-]{1,260})$/;

/** EVIDENCE_MALFORMED. */
export function parseManifest(bytes: Uint8Array): readonly ManifestEntry[] {
  const text = textOfBytes(bytes) ?? '';
  if (!text.endsWith('\n')) refuse('EVIDENCE_MALFORMED', 'sha256sum.txt has no end.');
  const lines = text.slice(0, -1).split('\n');
  if (lines.length > mostEntries) refuse('EVIDENCE_MALFORMED', `sha256sum.txt has more than ${mostEntries} lines.`);
  const names = new Set<string>();
  return lines.map((each, i) => {
    const [, digest, name] = line.exec(each) ?? [];
    if (digest === undefined || name === undefined || /^\.+$/.test(name))
      return refuse('EVIDENCE_MALFORMED', `Line ${i + 1} of sha256sum.txt is not a digest, two spaces and a name.`);
    if (names.has(name)) refuse('EVIDENCE_MALFORMED', `sha256sum.txt lists ${name} twice.`);
    names.add(name);
    return { digest, name };
  });
}
