// Memory as the kernel limits it, read from fixture trees of the usual container set-ups, and what fits into it.
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { readCapacity } from './capacity.js';
import { readMemory } from './capacityMemory.js';

const GiB = 2 ** 30;
const meminfo = (totalGiB: number, availableGiB: number) =>
  `MemTotal:       ${totalGiB * 2 ** 20} kB\nMemFree:          12345 kB\nMemAvailable:   ${availableGiB * 2 ** 20} kB\n`;
const v2Mount = '31 23 0:28 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n';

async function tree(t: TestContext, files: Record<string, string>): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'capacity-'));
  t.after(() => rm(root, { recursive: true }));
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
  return root;
}

test('without control groups the machine itself is the limit', async (t) => {
  const root = await tree(t, { 'proc/meminfo': meminfo(24, 20) });
  assert.deepEqual(await readMemory(root), { limitBytes: 24 * GiB, availableBytes: 20 * GiB });
});

test('version 2: the tightest group from ours up to the root decides, and idle file cache is free', async (t) => {
  const root = await tree(t, {
    'proc/meminfo': meminfo(64, 60),
    'proc/self/cgroup': '0::/system.slice/prover.service\n',
    'proc/self/mountinfo': v2Mount,
    'sys/fs/cgroup/system.slice/memory.max': `${16 * GiB}\n`,
    'sys/fs/cgroup/system.slice/memory.current': `${10 * GiB}\n`,
    'sys/fs/cgroup/system.slice/memory.stat': `anon 5\ninactive_file ${4 * GiB}\n`,
    'sys/fs/cgroup/system.slice/prover.service/memory.max': 'max\n',
    'sys/fs/cgroup/system.slice/prover.service/memory.current': `${9 * GiB}\n`,
  });
  assert.deepEqual(await readMemory(root), { limitBytes: 16 * GiB, availableBytes: 10 * GiB });
});

test('version 2 in a container with its own group namespace', async (t) => {
  const root = await tree(t, {
    'proc/meminfo': meminfo(64, 60),
    'proc/self/cgroup': '0::/\n',
    'proc/self/mountinfo': v2Mount,
    'sys/fs/cgroup/memory.max': `${8 * GiB}`,
    'sys/fs/cgroup/memory.current': `${9 * GiB}`,
  });
  assert.deepEqual(await readMemory(root), { limitBytes: 8 * GiB, availableBytes: 0 });
});

test('version 1 in a container: the mount shows our part of the tree only', async (t) => {
  const root = await tree(t, {
    'proc/meminfo': meminfo(64, 60),
    'proc/self/cgroup': '9:cpu,cpuacct:/docker/abc\n4:memory:/docker/abc\n0::/\n',
    'proc/self/mountinfo':
      '30 23 0:27 /docker/abc /sys/fs/cgroup/cpu ro - cgroup cgroup rw,cpu,cpuacct\n' +
      '35 31 0:32 /docker/abc /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n',
    'sys/fs/cgroup/memory/memory.limit_in_bytes': `${12 * GiB}\n`,
    'sys/fs/cgroup/memory/memory.usage_in_bytes': `${2 * GiB}\n`,
    'sys/fs/cgroup/memory/memory.stat': `inactive_file 7\ntotal_inactive_file ${GiB}\n`,
  });
  assert.deepEqual(await readMemory(root), { limitBytes: 12 * GiB, availableBytes: 11 * GiB });
});

test("version 1's way to say unlimited is no limit", async (t) => {
  const root = await tree(t, {
    'proc/meminfo': meminfo(24, 20),
    'proc/self/cgroup': '4:memory:/\n',
    'proc/self/mountinfo': '35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n',
    'sys/fs/cgroup/memory/memory.limit_in_bytes': '9223372036854771712\n',
    'sys/fs/cgroup/memory/memory.usage_in_bytes': `${GiB}\n`,
  });
  assert.deepEqual(await readMemory(root), { limitBytes: 24 * GiB, availableBytes: 20 * GiB });
});

test('modes that do not fit are refused with the figures', async (t) => {
  const root = await tree(t, { 'proc/meminfo': meminfo(15, 12) });
  const one = await readCapacity({ proveLanes: 1, root });
  assert.deepEqual(one.modes, ['core']);
  assert.equal(one.refusal('core'), undefined);
  assert.equal(one.refusal('compressed'), 'one needs 18.0 GB of memory, this machine has 16.1 GB');
  const two = await readCapacity({ proveLanes: 2, root });
  assert.equal(two.refusal('core'), '2 at once need 21.0 GB of memory, this machine has 16.1 GB');
  assert.deepEqual(two.modes, []);
});

test('this very machine has finite figures', async () => {
  const { limitBytes, availableBytes } = (await readCapacity({ proveLanes: 1 })).memory;
  assert.ok(limitBytes > 1e8 && Number.isFinite(limitBytes));
  assert.ok(availableBytes > 0 && availableBytes <= limitBytes);
});
