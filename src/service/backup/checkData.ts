// Looks at all that lies in a data folder: records of requests, what artifacts are known, and whether their files are there.
import { createHash } from 'node:crypto';
import { createReadStream, statSync } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { checkKind } from '../../durable/checkKind.js';
import type { ArtifactId, RequestId } from '../../ids.js';
import { checkNetwork, isIntentThere } from '../../network/checkNetwork.js';
import { checkRequests } from '../../requests/checkRequests.js';
import { signerKind } from '../../signers/kind.js';
import type { ArtifactRecord } from '../../store/buckets.js';
import type { Store } from '../../store/environment.js';
import type { Inconsistency } from '../../store/inconsistency.js';
import type { Layout } from '../../storedBytes/layout.js';

export interface CheckParameters {
  readonly store: Pick<Store, 'get' | 'scan' | 'slices'>;
  readonly layout: Pick<Layout, 'final'>;
  readonly turn: () => Promise<void>;
  /** Every byte is read, and its digest compared. */
  readonly isDeep: boolean;
  /** With a bucket, what is not here may be there. */
  readonly hasBucket: boolean;
}

const inTurn = 200;

export async function* checkData(parameters: CheckParameters): AsyncGenerator<Inconsistency> {
  const { store, turn } = parameters;
  yield* checkRequests(store, turn);
  yield* checkNetwork(store, turn);
  yield* checkKind({ store, kind: signerKind, turn });
  yield* checkNonces(parameters);
  const shared = new Map<ArtifactId, number>();
  for await (const slice of store.slices('artifacts', { limit: inTurn, turn }))
    for (const {
      key: [id],
      value,
    } of slice) {
      if (value.fileId !== undefined) shared.set(value.fileId, (shared.get(value.fileId) ?? 0) + 1);
      yield* checkArtifact(parameters, id, value);
    }
  for (const { key, value } of [...store.scan('sharedFiles', [])])
    if (value !== (shared.get(key[0]) ?? 0))
      yield {
        code: 'REFERENCE_WRONG',
        id: key[0],
        sentence: `${value} artifacts share its file by the count, ${shared.get(key[0]) ?? 0} by their records`,
      };
}

/** Those of signed calls: a number of microseconds, and what was signed. */
async function* checkNonces({ store, turn }: CheckParameters): AsyncGenerator<Inconsistency> {
  for await (const slice of store.slices('nonces', { limit: inTurn, turn }))
    for (const { key, value } of slice)
      if (!Number.isSafeInteger(key[0]) || key[0] <= 0 || typeof value !== 'string' || value === '')
        yield {
          code: 'NONCE_WRONG',
          id: key[1],
          sentence: `the record of its nonce ${key[0]} says nothing that was signed`,
        };
}

/** The file that holds its bytes. Undefined: they are gone, as they should be. */
export const fileOf = (layout: Pick<Layout, 'final'>, id: ArtifactId, record: ArtifactRecord): string | undefined =>
  record.spent === true ? undefined : layout.final(record.fileId ?? id, record.kind).path;

async function* checkArtifact(
  { store, layout, isDeep, hasBucket }: CheckParameters,
  id: ArtifactId,
  record: ArtifactRecord,
): AsyncGenerator<Inconsistency> {
  for (const by of record.kind === 'stdin' ? record.references : []) {
    const isThere = isIntentThere(store, id, by) ?? store.get('openRequests', by as RequestId) !== undefined;
    if (!isThere) {
      const what = by.includes(':') ? by : `request ${by}`;
      yield { code: 'REFERENCE_WRONG', id, sentence: `${what} needs it no longer, and its bytes are kept` };
    }
  }
  const path = fileOf(layout, id, record);
  if (path === undefined) return;
  const stats = statSync(path, { throwIfNoEntry: false });
  // Looked up again: it may have gone since it was read.
  if (stats === undefined) {
    if (!hasBucket && store.get('artifacts', id) !== undefined)
      yield { code: 'FILE_MISSING', id, sentence: `its record is here and its file is not: ${record.kind}` };
    return;
  }
  if (stats.size !== record.sizeBytes)
    yield { code: 'FILE_WRONG', id, sentence: `its file has ${stats.size} bytes and not ${record.sizeBytes}` };
  else if (isDeep && (await digestOf(path)) !== record.sha256)
    yield { code: 'FILE_WRONG', id, sentence: 'its bytes are not those that were stored' };
}

export async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}
