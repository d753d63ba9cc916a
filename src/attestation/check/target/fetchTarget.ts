// What a live target shows: its evidence, else the files of dstack-ingress, else a report in a header. All over one connection, whose key is seen.
import { toHex } from '../../verify/bytes.js';
import { AttestationError } from '../../verify/failure.js';
import { type SeenConnection, spkiOf } from '../http/seenConnection.js';
import { refusedCheck } from '../refusedCheck.js';
import { type Asking, askTarget } from './askTarget.js';
import { fetchFiles } from './fetchFiles.js';
import { fetchHeader } from './fetchHeader.js';
import type { Kept } from './kept.js';
import type { Shown } from './shown.js';
import { type Seen, shownOf } from './shownOf.js';

export type FetchTargetParameters = Asking & {
  /** 32 random bytes that nobody has used. */
  readonly nonce: Uint8Array;
  /** Bodies will be sealed, so that the connection may end at another key than the quoted one. */
  readonly isSealed?: boolean;
  /** What an agent's Info has answered. */
  readonly info?: Uint8Array | undefined;
};

/** Rejects with NotReached when the target could not be asked; whatever else is wrong is a check of what it answers. */
export async function fetchTarget({ nonce, info, isSealed, ...asking }: FetchTargetParameters): Promise<Shown> {
  const { kept, checks } = await fetchKept(asking, nonce);
  const seen = seenOn(asking.connection, asking.url, nonce);
  const all = info === undefined ? kept : new Map([...kept, ['info.json', info] as const]);
  return shownOf(all, { ...seen, isSealed, checks: [...checks, ...seen.checks] });
}

async function fetchKept(asking: Asking, nonce: Uint8Array): Promise<{ kept: Kept; checks: Seen['checks'] }> {
  try {
    const query = `?nonce=${toHex(nonce)}`;
    const evidence = await askTarget(asking, `/.well-known/attestation${query}`);
    if (evidence) return { kept: new Map([['evidence.json', evidence.body]]), checks: [] };
    const files = await fetchFiles(asking);
    if (files) return { kept: files, checks: [] };
    return { kept: await fetchHeader(asking, nonce), checks: [] };
  } catch (error) {
    if (!(error instanceof AttestationError)) throw error;
    const id = error.code === 'EVIDENCE_FILE_WRONG' ? 'evidence.manifest' : 'quote.format';
    return { kept: new Map(), checks: [refusedCheck(error, id)] };
  }
}

function seenOn(connection: SeenConnection, url: URL, nonce: Uint8Array): Seen {
  const target = { url: url.origin, nonce };
  try {
    const certificate = connection.certificate();
    if (certificate === undefined) return { ...target, checks: [] };
    return { ...target, certificate: certificate.toString(), spki: spkiOf(certificate), checks: [] };
  } catch (error) {
    return { ...target, checks: [refusedCheck(error, 'binding.tls_key')] };
  }
}
