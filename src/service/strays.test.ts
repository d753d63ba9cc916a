import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { createLayout } from '../storedBytes/layout.js';
import { sampleArtifactId } from '../testkit/sampleIds.js';
import { temporaryFolder } from '../testkit/temporaryFolder.js';
import { tellStrays } from './strays.js';

test('what is not ours is told once, with its place, and what is ours is not', () => {
  const folder = temporaryFolder('strays');
  const layout = createLayout(join(folder, 'artifacts'));
  interface Fact {
    readonly count: number;
    readonly strays: readonly string[];
  }
  const told: Fact[] = [];
  const log = { warn: (fact: Fact) => void told.push(fact) } as never;
  const id = sampleArtifactId();
  const put = (path: string) => {
    mkdirSync(join(path, '..'), { recursive: true });
    writeFileSync(path, 'x');
  };
  const ours = [layout.final(id, 'stdin'), layout.output(id, 'proof'), layout.newUpload(id, 'stdin')];
  for (const { path } of ours) put(path);
  put(join(folder, 'store', 'data.mdb'));
  tellStrays(folder, log);
  assert.equal(told.length, 0);

  const strays = [
    'artifacts/notes',
    'artifacts/scratch/core.123',
    'artifacts/stdin/README',
    `artifacts/stdin/${id.slice(-2)}/.nfs01`,
    'backup.tar',
    'store/data.mdb.bak',
  ];
  for (const name of strays) put(join(folder, name));
  mkdirSync(join(folder, 'artifacts', 'scratch', sampleArtifactId()));
  symlinkSync('/etc/hostname', join(folder, 'artifacts', 'scratch', sampleArtifactId()));
  tellStrays(folder, log);
  assert.equal(told.length, 1);
  assert.equal(told.at(0)?.count, strays.length + 2);
  for (const name of strays) assert.ok(told.at(0)?.strays.includes(name), name);
});
