// GET /evidences/…: the files for clients that know dstack-ingress, of the certificate that is served, and never of an older one.
import type { Clock } from '../../clock.js';
import { fail } from '../../failures/fail.js';
import { FailureError } from '../../failures/failureError.js';
import type { Log } from '../../log.js';
import type { QuoteQueue } from '../reports/quoteQueue.js';
import { readEvidence, writeEvidence } from './evidenceFolder.js';
import { type EvidenceParts, type EvidenceSet, makeEvidenceSet } from './evidenceSet.js';

export interface EvidenceFiles {
  /** Another certificate is served from now on, or another account holds it. Resolves when the first try is over. */
  replace(parts: EvidenceParts): Promise<void>;
  /** Undefined when no file has this name. Throws QUOTE_UNAVAILABLE while there is no set of the served certificate. */
  find(name: string): Buffer | undefined;
  close(): void;
}

export interface EvidenceFilesParameters {
  /** Where the set is kept. */
  readonly folder: string;
  readonly queue: Pick<QuoteQueue, 'quote'>;
  readonly clock: Pick<Clock, 'wakeIn'>;
  readonly log: Pick<Log, 'info' | 'warn'>;
}

/** A quote that could not be made is tried again (ms). */
const tryAgainMs = 30_000;

export function createEvidenceFiles({ folder, queue, clock, log }: EvidenceFilesParameters): EvidenceFiles {
  let wanted: EvidenceParts | undefined;
  let inForce: EvidenceSet | undefined;
  let cancel = () => {};

  async function make(parts: EvidenceParts): Promise<void> {
    const isWanted = () => wanted === parts;
    try {
      const made = await makeEvidenceSet(parts, (reportData) => queue.quote(reportData));
      if (!isWanted()) return;
      inForce = made;
      await writeEvidence(folder, made);
      log.info(
        { event: 'evidence.made', files: [...made.files.keys()] },
        'the evidence files are those of the certificate',
      );
    } catch (error) {
      if (!isWanted()) return;
      const reason = error instanceof FailureError ? { code: error.failure.code } : { err: error };
      log.warn(
        { event: 'evidence.failed', ...reason },
        'evidence files could not be made; the old ones stay on the disk',
      );
      cancel = clock.wakeIn(tryAgainMs, () => void make(parts));
    }
  }

  return {
    async replace(parts) {
      cancel();
      wanted = parts;
      const kept = await readEvidence(folder, parts);
      if (kept !== undefined && wanted === parts) inForce = kept;
      await make(parts);
    },

    find(name) {
      if (inForce === undefined || inForce.certificate !== wanted?.certificate)
        throw new FailureError(
          fail('QUOTE_UNAVAILABLE', { problem: 'the certificate that is served has not been quoted yet' }),
        );
      return inForce.files.get(name);
    },

    close() {
      wanted = undefined;
      cancel();
    },
  };
}
