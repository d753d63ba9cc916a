// The directory backend: the contract of all backends, and what is particular to files: their modes, a full disk.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { Readable } from 'node:stream';
import { after, describe, it } from 'node:test';
import { describeArtifactBackend, failsWith } from '../testkit/artifacts/artifactContract.js';
import { sampleStdin } from '../testkit/artifacts/sampleArtifacts.js';
import { sampleArtifactId } from '../testkit/sampleIds.js';
import { createDirectoryBackend } from './directory.js';

const uploads = { threads: 1, concurrent: 3 };
const never = new AbortController().signal;
const stdin = { kind: 'stdin', private: false } as const;
const newFolder = () => mkdtemp(join(tmpdir(), 'sealed-artifacts-'));
const scratchOf = (folder: string) => readdir(join(folder, 'artifacts', 'scratch'));

describeArtifactBackend('the directory backend', false, async () => {
  const folder = await newFolder();
  const backend = createDirectoryBackend({ folder, uploads });
  return {
    backend,
    leftovers: () => scratchOf(folder),
    async cleanUp() {
      await backend.close();
      await rm(folder, { recursive: true });
    },
  };
});

describe('files of the directory backend', () => {
  it('lie in folders by kind and last two digits, readable by their owner alone', async () => {
    const folder = await newFolder();
    const backend = createDirectoryBackend({ folder, uploads });
    const id = sampleArtifactId();
    const bytes = sampleStdin(Buffer.from('secret'));
    const ref = await backend.receive(
      id,
      stdin,
      Readable.from([bytes]),
      { limitBytes: 1000, announcedBytes: undefined },
      never,
    );
    const { path } = (await backend.localFile(ref, stdin, never)).file;
    assert.equal(relative(folder, path), join('artifacts', 'stdin', id.slice(-2), id));
    const modeOf = async (at: string) => (await stat(join(folder, at))).mode & 0o777;
    assert.equal(await modeOf(relative(folder, path)), 0o600);
    for (const at of ['artifacts', 'artifacts/scratch', 'artifacts/stdin', `artifacts/stdin/${id.slice(-2)}`]) {
      assert.equal(await modeOf(at), 0o700, at);
    }
    await backend.close();
    await rm(folder, { recursive: true });
  });

  it('leaves alone what is not its own, also in the place of a file or a folder of its own', async () => {
    const folder = await newFolder();
    const backend = createDirectoryBackend({ folder, uploads });
    const scratch = join(folder, 'artifacts', 'scratch');
    const [named, shelved] = [sampleArtifactId(), sampleArtifactId()];
    await mkdir(join(scratch, named));
    await writeFile(join(scratch, 'core.4711'), 'of somebody else');
    await writeFile(join(folder, 'artifacts', 'stdin', 'README'), 'of somebody else');
    await mkdir(join(folder, 'artifacts', 'stdin', shelved.slice(-2), shelved), { recursive: true });
    await backend.sweepScratch(() => false);
    assert.deepEqual((await scratchOf(folder)).sort(), [named, 'core.4711'].sort());
    for await (const { id } of backend.list('stdin')) assert.fail(`${id} is no file of ours`);
    await backend.close();
    await rm(folder, { recursive: true });
  });

  it('of uploads that a crash interrupted are swept at boot', async () => {
    const folder = await newFolder();
    const backend = createDirectoryBackend({ folder, uploads });
    const id = sampleArtifactId();
    await writeFile(join(folder, 'artifacts', 'scratch', `${id}.0b5e5e0c.upload`), 'half');
    await backend.sweepScratch(() => true);
    assert.deepEqual(await scratchOf(folder), []);
    await backend.close();
    await rm(folder, { recursive: true });
  });
});

/** Only root may mount. Without a small file system there is no honest full disk. */
function mountSmallDisk(folder: string): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

describe('a full disk', async () => {
  const folder = await newFolder();
  const isMounted = mountSmallDisk(folder);
  after(async () => {
    if (isMounted) execFileSync('umount', [folder]);
    await rm(folder, { recursive: true });
  });

  it('refuses an upload, keeps nothing of it, and is usable again when there is room', {
    skip: !isMounted && 'needs mount',
  }, async () => {
    const backend = createDirectoryBackend({ folder, uploads });
    const receive = (id: ReturnType<typeof sampleArtifactId>, bytes: Uint8Array) =>
      backend.receive(id, stdin, Readable.from([bytes]), { limitBytes: 1e9, announcedBytes: undefined }, never);
    const id = sampleArtifactId();
    await assert.rejects(receive(id, sampleStdin(Buffer.alloc(2_000_000))), failsWith('DISK_FULL'));
    assert.deepEqual(await scratchOf(folder), []);
    const ref = await receive(id, sampleStdin(Buffer.alloc(500_000)));
    assert.equal(ref.sizeBytes, 500_032);
    await backend.close();
  });
});
