// Reads every byte of the artifacts that lie in the data folder, at a pace that leaves the disk to others, and says whose are not as they were
// stored.
import { createHash } from 'node:crypto';
import { createReadStream, statSync } from 'node:fs';
import type { Clock } from '../../clock.js';
import type { ArtifactId } from '../../ids.js';
import type { VerifiedFile } from '../../rpc/admin/upkeep/upkeep.js';
import type { Store } from '../../store/environment.js';
import type { Layout } from '../../storedBytes/layout.js';
import { fileOf } from './checkData.js';
import { type Pace, type PaceParameters, paceOf } from './pace.js';

export interface VerifyParameters extends PaceParameters {
  readonly store: Pick<Store, 'get' | 'slices'>;
  readonly layout: Pick<Layout, 'final'>;
  readonly clock: Pick<Clock, 'steady' | 'wakeIn' | 'turn'>;
  /** With a bucket, what is not here may be there. */
  readonly hasBucket: boolean;
}

const inTurn = 200;

/** A file that several share is read once. */
export async function* verifyArtifacts(parameters: VerifyParameters): AsyncGenerator<VerifiedFile> {
  const { store, layout, clock, hasBucket } = parameters;
  const pace = paceOf(parameters);
  const seen = new Set<ArtifactId>();
  for await (const slice of store.slices('artifacts', { limit: inTurn, turn: clock.turn }))
    for (const { key, value } of slice) {
      const path = fileOf(layout, key[0], value);
      if (path === undefined || (value.fileId !== undefined && seen.has(value.fileId))) continue;
      if (value.fileId !== undefined) seen.add(value.fileId);
      const found = statSync(path, { throwIfNoEntry: false }) && (await digestOf(path, pace).catch(() => undefined));
      // Looked up again: it may have gone while it was read.
      const isGone = found === undefined && (hasBucket || store.get('artifacts', key[0])?.spent !== undefined);
      if (isGone || store.get('artifacts', key[0]) === undefined) continue;
      const sizeBytes = found?.sizeBytes ?? 0;
      if (found === undefined)
        yield {
          sizeBytes,
          finding: { code: 'FILE_MISSING', id: key[0], sentence: `its ${value.kind} cannot be read` },
        };
      else if (found.sha256 !== value.sha256)
        yield {
          sizeBytes,
          finding: { code: 'FILE_WRONG', id: key[0], sentence: `its ${value.kind} is not what was stored` },
        };
      else yield { sizeBytes, finding: undefined };
    }
}

async function digestOf(path: string, pace: Pace): Promise<{ sha256: string; sizeBytes: number }> {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    hash.update(chunk);
    sizeBytes += chunk.byteLength;
    await pace(chunk.byteLength);
  }
  return { sha256: hash.digest('hex'), sizeBytes };
}
