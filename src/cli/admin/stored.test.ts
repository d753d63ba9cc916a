// What is stored, as the command line shows it: tables of at most 100 columns, and objects for scripts.
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import type { Address } from '../../ids.js';
import { sampleArtifactId } from '../../testkit/sampleIds.js';
import { scriptedCli } from '../../testkit/scriptedCli.js';
import { startAdmin } from '../../testkit/service/adminWorld.js';
import { createMemoryPages } from '../../testkit/world/memoryPages.js';
import { createWorld, requester, vkHash } from '../../testkit/world/world.js';
import { runCli } from '../runCli.js';

const other = '12'.repeat(20) as Address;
const mostColumns = 100;

async function rig(t: TestContext) {
  const world = await createWorld({ pages: createMemoryPages() });
  t.after(() => world.end());
  const to = await startAdmin(t, world);
  const socket = 'path' in to ? to.path : '';
  return {
    world,
    async admin(...words: string[]) {
      const cli = scriptedCli({ SEALED_ADMIN: socket, LOGNAME: 'ada' });
      const exitCode = await runCli(['admin', ...words], cli);
      const lines = cli.out().split('\n');
      if (!words.includes('--json'))
        for (const line of lines) assert.ok([...line].length <= mostColumns, `${[...line].length}: ${line}`);
      return { exitCode, out: cli.out(), err: cli.err(), lines };
    },
  };
}

describe('sealed-prover admin, of what is stored', () => {
  it('shows how much room is taken, by whom, and what there is, a page after the other', async (t) => {
    const { world, admin } = await rig(t);
    await world.prove(1_000);
    for (let n = 0; n < 3; n += 1) await world.upload(sampleArtifactId(), other, 'x'.repeat(1_500));
    const usage = await admin('artifacts');
    assert.match(usage.out, /^KIND +COUNT +FILES +SIZE\nprogram +0 +0 +0 bytes\nstdin +3 +3 +4\.5 kB\nproof +1 +1 /);
    assert.match(usage.out, new RegExp(`\n0x${other} +3 +4\\.5 kB\n`));
    assert.equal((await admin('artifacts', 'usage')).out, usage.out);
    const [object] = (await admin('artifacts', '--json')).lines.map((line) => JSON.parse(line || '{}'));
    assert.deepEqual([object.v, object.ownersTotal, object.kinds[1].sizeBytes], [1, 2, '4500']);
    const first = await admin('artifacts', 'list', '--kind', 'stdin', '--owner', `0x${other}`, '--limit', '2');
    assert.match(first.out, /^ARTIFACT +KIND +SIZE +AGE +OWNER +NEEDED BY\n…[0-9a-f]{8} +stdin \(private\) +1\.5 kB/);
    const more = ['artifacts', 'list', '--kind', 'stdin', '--owner', other, '--limit', '2'];
    const token = /\nmore: --page (\S+)\n$/.exec((await admin(...more)).out)?.[1] ?? '';
    const last = await admin(...more, '--page', token);
    assert.deepEqual([last.out.trim().split('\n').length, last.out.includes('more: ')], [2, false]);
    assert.equal((await admin('artifacts', 'list', '--page', token)).exitCode, 2);
    const whole = await admin('artifacts', 'verify');
    assert.deepEqual([whole.exitCode, whole.out], [0, '4 files with 4.6 kB were read: nothing is wrong.\n']);
    assert.equal((await admin('artifacts', 'collect')).exitCode, 2);
    const asked = await admin('artifacts', 'collect', '--reason', 'a crash');
    assert.deepEqual([asked.exitCode, /^Would happen: 3 artifacts that/.test(asked.out)], [4, true]);
    assert.equal((await admin('artifacts', 'collect', '--reason', 'a crash', '--yes')).exitCode, 0);
    assert.match((await admin('artifacts')).out, /\nstdin +0 +0 /);
    assert.equal((await admin('artifacts', 'list', '--kind', 'proofs')).exitCode, 2);
    assert.equal((await admin('artifacts', 'eat')).exitCode, 2);
  });

  it('shows programs, and one by some of its digits', async (t) => {
    const { world, admin } = await rig(t);
    const id = await world.submit();
    await world.settle();
    const list = await admin('programs', '--owner', requester);
    assert.match(
      list.out,
      /^PROGRAM +SIZE +REGISTERED +BY +COUNTS FOR\n…[0-9a-f]{8} +1 bytes +.* +0x(11){20} +everybody/,
    );
    const one = await admin('program', `…${vkHash.slice(-8)}`);
    assert.match(one.out, new RegExp(`^Program +0x${vkHash}\nKey +104 bytes`));
    assert.match(one.out, new RegExp(`\nLanes +set up on none\nRequests +1 open: …${id.slice(-8)}`));
    assert.equal(JSON.parse((await admin('program', vkHash, '--json')).out).vk, '00'.repeat(104));
    const remove = ['program', vkHash, 'remove'];
    assert.match((await admin(...remove)).err, /Say why, with --reason/);
    assert.match((await admin(...remove, '--reason', 'an old one')).err, /is needed by 1 open requests/);
    await world.system.registry.cancel(id);
    const asked = await admin(...remove, '--reason', 'an old one');
    assert.deepEqual([asked.exitCode, /^Would happen:\sProgram\s+\S+\s+is\s+unregistered/.test(asked.out)], [4, true]);
    assert.equal((await admin('program', vkHash)).exitCode, 0);
    assert.equal((await admin(...remove, '--reason', 'an old one', '--yes')).exitCode, 0);
    assert.match((await admin('audit')).out, new RegExp(`ada program\\.remove …${vkHash.slice(-8)}: an old one`));
    assert.deepEqual(
      await Promise.all(['99'.repeat(32), '22'].map(async (text) => (await admin('program', text)).exitCode)),
      [3, 2],
    );
  });
});
