// What the service has said to have stored. In the end exactly that is there: nothing malformed has left a trace.
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { BucketName, BucketTypes } from '../../src/store/buckets.js';
import { openStore } from '../../src/store/environment.js';
import { Tally } from '../../src/tally.js';

export interface Ledger {
  /** Ids in hex. */
  readonly requests: Set<string>;
  readonly artifacts: Set<string>;
  /** Those that uploads have made, by name: an input's is its id, and equal programs are one file under their digest. */
  readonly files: Set<string>;
  readonly programs: Set<string>;
}

/** `data`: the folder of a service that has stopped. */
export async function assertNothingElse(data: string, ledger: Ledger): Promise<void> {
  const store = await openStore(join(data, 'store'));
  try {
    const requests = [...store.scan('snapshots', [])].map(({ key }) => key[0]);
    assert.deepEqual(new Set<string>(requests), ledger.requests);
    // Those that nobody has proven yet lie apart.
    const programs = (['programs', 'programCandidates'] as const).flatMap((bucket) =>
      [...store.scan(bucket, [])].map(({ key }) => key[0]),
    );
    assert.deepEqual(new Set<string>(programs), ledger.programs);
    const uploads = [...store.scan('artifacts', [])].filter(({ value }) => value.kind !== 'proof');
    assert.deepEqual(
      unknownTo(
        ledger.artifacts,
        uploads.map(({ key }) => key[0]),
      ),
      [],
    );
    assertFilesOf(data, uploads, [...store.scan('sharedFiles', [])]);
  } finally {
    await store.close();
  }
  for (const kind of uploadKinds) assert.deepEqual(unknownTo(ledger.files, filesOf(data, kind)), []);
  assert.deepEqual(filesIn(join(data, 'artifacts', 'scratch')), []);
}

/** Whatever is recorded has its bytes, and the counts of those who share a file are right: a wrong one keeps it for ever, or too short. */
function assertFilesOf(
  data: string,
  uploads: readonly Stored<'artifacts'>[],
  shared: readonly Stored<'sharedFiles'>[],
) {
  const present = new Set(uploadKinds.flatMap((kind) => filesOf(data, kind)));
  const missing = uploads.filter(({ key, value }) => !value.spent && !present.has(value.fileId ?? key[0]));
  assert.deepEqual(missing, []);
  const counts = new Tally<string>();
  for (const { value } of uploads) if (value.fileId !== undefined) counts.add(value.fileId);
  const wrong = shared.filter(({ key, value }) => counts.of(key[0]) !== value);
  assert.deepEqual(wrong, []);
  assert.equal(new Set(uploads.flatMap(({ value }) => value.fileId ?? [])).size, shared.length);
}

interface Stored<Bucket extends BucketName> {
  readonly key: BucketTypes[Bucket]['key'];
  readonly value: BucketTypes[Bucket]['value'];
}

const unknownTo = (known: ReadonlySet<string>, found: readonly string[]) => found.filter((each) => !known.has(each));

const filesIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => name);

const uploadKinds = ['program', 'stdin'] as const;

/** Names of the files that uploads of a kind have made. */
export const filesOf = (data: string, kind: (typeof uploadKinds)[number]): string[] =>
  filesIn(join(data, 'artifacts', kind));
