// What the service has said to have stored. In the end exactly that is there: nothing malformed has left a trace.
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { openStore } from '../../src/store/environment.js';

export interface Ledger {
  /** Ids in hex. */
  readonly requests: Set<string>;
  readonly artifacts: Set<string>;
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
        ledger,
        uploads.map(({ key }) => key[0]),
      ),
      [],
    );
  } finally {
    await store.close();
  }
  assert.deepEqual(unknownTo(ledger, uploadsIn(data)), []);
  assert.deepEqual(filesIn(join(data, 'artifacts', 'scratch')), []);
}

const unknownTo = ({ artifacts }: Ledger, ids: readonly string[]) => ids.filter((id) => !artifacts.has(id));

const filesIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => name);

/** Ids of the files that uploads have made. */
export const uploadsIn = (data: string): string[] =>
  ['program', 'stdin'].flatMap((kind) => filesIn(join(data, 'artifacts', kind)));
