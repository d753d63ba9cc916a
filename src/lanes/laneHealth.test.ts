// Engines that run and yet no longer work: what they need was removed while they ran, or they refuse every job.
import assert from 'node:assert/strict';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseVkHash, type VkHash } from '../ids.js';
import { LaneRig, laneBecomes } from '../testkit/engine/laneRig.js';
import type { LaneStatus } from './scheduling.js';

const unwatched = () => ({ signal: new AbortController().signal, onProgress: () => {} });
const isFresh = (status: LaneStatus) => status.state === 'ready' && status.warm;
const quiet = { timeout: 300_000 };
const program = (n: number) => ({ vkHash: parseVkHash(`${n}`.repeat(64)) as VkHash });

for (const removed of ['the helper', 'its folder'])
  test(`a lane whose engine has lost ${removed} restarts by itself, and then works`, quiet, async (t) => {
    const rig = await LaneRig.set(t);
    const { engineRig: jobs } = rig;
    // As our engine makes it beside its socket.
    const folder = join(jobs.folder, 'cpu-execute-0.sock.d');
    const helper = join(folder, 'sp1-native-runner-bin-0a1b');
    await mkdir(folder);
    await writeFile(helper, '');
    const lane = rig.lane('execute', await rig.fake());
    lane.start();
    await laneBecomes(lane, isFresh);
    assert.ok((await lane.run(await jobs.executeJob(), unwatched())).ok);
    await laneBecomes(lane, isFresh);
    await rm(removed === 'the helper' ? helper : folder, { recursive: true });
    const outcome = await lane.run(await jobs.executeJob(), unwatched());
    assert.ok(!outcome.ok && outcome.failure.code === 'ENGINE_LOST' && !outcome.failure.blame);
    await laneBecomes(lane, isFresh);
    assert.ok((await lane.run(await jobs.executeJob(), unwatched())).ok);
    assert.equal(rig.pids.length, 2);
    assert.equal(lane.status.crashes, 0);
    assert.equal((await rig.logged('engine.part_removed')).length, 1);
  });

test('a socket that was removed is no loss, and is there again after the next start', quiet, async (t) => {
  const rig = await LaneRig.set(t);
  const { engineRig: jobs } = rig;
  const lane = rig.lane('execute', await rig.fake());
  lane.start();
  await laneBecomes(lane, isFresh);
  await rm(join(jobs.folder, 'cpu-execute-0.sock'));
  assert.ok((await lane.run(await jobs.executeJob(), unwatched())).ok);
  await lane.stop();
  lane.start();
  await laneBecomes(lane, isFresh);
  assert.ok((await lane.run(await jobs.executeJob(), unwatched())).ok);
});

test('a lane follows when the run folder has moved', quiet, async (t) => {
  const rig = await LaneRig.set(t);
  const { engineRig: jobs } = rig;
  const folders = [join(jobs.folder, 'one'), join(jobs.folder, 'two')];
  for (const folder of folders) await mkdir(folder);
  let starts = 0;
  const runFolder = async () => folders[starts++] ?? '';
  const lane = rig.lane('execute', await rig.fake(), { runFolder });
  for (const _ of folders) {
    lane.start();
    await laneBecomes(lane, isFresh);
    assert.ok((await lane.run(await jobs.executeJob(), unwatched())).ok);
    await lane.stop();
    await rm(folders[starts - 1] ?? '', { recursive: true });
  }
  assert.equal(starts, 2);
});

test(
  'an engine that refuses different programs one after the other is started anew, with one warning',
  quiet,
  async (t) => {
    const rig = await LaneRig.set(t);
    const { engineRig: jobs } = rig;
    const refuse = { on: 'execute', times: 3, act: { kind: 'failure', code: 9, text: 'no more' } } as const;
    const memoryPath = join(jobs.folder, 'memory.json');
    const lane = rig.lane('execute', await rig.fake({ rules: [refuse], memoryPath }));
    lane.start();
    for (const n of [1, 1, 2]) {
      await laneBecomes(lane, isFresh);
      const outcome = await lane.run(await jobs.executeJob(program(n)), unwatched());
      assert.ok(!outcome.ok && outcome.failure.code === 'ENGINE_REFUSED', JSON.stringify(outcome));
    }
    await laneBecomes(lane, (status) => status.state === 'starting');
    await laneBecomes(lane, isFresh);
    assert.ok((await lane.run(await jobs.executeJob(program(2)), unwatched())).ok);
    assert.equal(rig.facts.filter(({ event }) => event === 'engine.refuses_all').length, 1);
    assert.equal(rig.pids.length, 2);
  },
);

test('one bad program does not cost an engine', quiet, async (t) => {
  const rig = await LaneRig.set(t);
  const { engineRig: jobs } = rig;
  const lane = rig.lane(
    'execute',
    await rig.fake({ rules: [{ on: 'execute', act: { kind: 'internalError', text: 'no' } }] }),
  );
  lane.start();
  for (let n = 0; n < 5; n += 1) {
    await laneBecomes(lane, isFresh);
    assert.ok(!(await lane.run(await jobs.executeJob(program(1)), unwatched())).ok);
  }
  assert.equal(rig.pids.length, 1);
});
