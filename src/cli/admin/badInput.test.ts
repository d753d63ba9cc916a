// What cannot be done is said by the command line in a sentence of its own, with the code and the exit code of its kind, and costs nothing.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { scriptedCli } from '../../testkit/scriptedCli.js';
import { startAdminCommand } from '../../testkit/service/adminCommand.js';
import { sampleLane } from '../../testkit/service/laneActs.js';
import { createMemoryPages } from '../../testkit/world/memoryPages.js';
import { createWorld } from '../../testkit/world/world.js';
import { runCli } from '../runCli.js';

const because = ['--reason', 'a test'];
const yes = [...because, '--yes'];

describe('bad input of sealed-prover admin', () => {
  it('has its own sentence, code and exit code, and leaves no trace', async (t) => {
    const world = await createWorld({ pages: createMemoryPages() });
    t.after(() => world.end());
    const { run: admin } = await startAdminCommand(t, world);
    world.lanes.reports = [sampleLane('gpu-0')];
    const [id] = [await world.submit(), await world.submit(), await world.submit()];
    await world.settle();
    const page = JSON.parse((await admin('requests', '--limit', '1', '--json')).out.split('\n')[1] ?? '').nextToken;
    const stdin = world.system.registry.view(id)?.request.stdin.id ?? '';
    const { newest } = world.assembly.feed;

    const cases: (readonly [readonly string[], number, string, RegExp])[] = [
      // Ids: unknown, too short, of too many, of something else.
      [['request', 'ab'.repeat(32)], 3, 'REQUEST_UNKNOWN', /^No request here has the id (ab){32}: there never was one/],
      [['request', '…abcdef01'], 3, 'REQUEST_UNKNOWN', /^No request here/],
      [['why', 'abcde'], 2, 'NOT_UNDERSTOOD', /^id is not understood: give all 64/],
      [['request', id.slice(0, 8), '--history'], 2, 'AMBIGUOUS_ID', /^Several ids .* Give more digits\.$/],
      [['cancel', id.slice(0, 8), ...yes], 2, 'AMBIGUOUS_ID', /^Several ids/],
      [['request', stdin], 3, 'REQUEST_UNKNOWN', /^No request here/],
      [['request', 'gpu-0'], 2, 'NOT_UNDERSTOOD', /^id is not understood/],
      [['program', id], 3, 'PROGRAM_UNKNOWN', /^No program is registered here/],
      [['signer', id.slice(0, 32)], 3, 'SIGNER_UNKNOWN', /^No signing key here/],
      [['delivery', id], 3, 'DELIVERY_UNKNOWN', /^No delivery here/],
      // Pages and cursors.
      [['requests', '--page', page, '--state', 'proving'], 2, 'TOKEN_EXPIRED', /another list/],
      [['artifacts', 'list', '--page', page], 2, 'TOKEN_EXPIRED', /another list/],
      [['feed', '--after', String(newest + 1)], 2, 'CURSOR_AHEAD', /not come to number \d+ yet/],
      [['requests', '--state', 'asleep'], 2, 'NOT_UNDERSTOOD', /"asleep" is none of them/],
      // Actions.
      [
        ['deadline', id, '2020-01-01T00:00:00Z', ...because],
        2,
        'NOT_UNDERSTOOD',
        /^deadline is not understood: give a time between/,
      ],
      [['priority', id, 'highest', ...because], 2, 'NOT_UNDERSTOOD', /"highest" is none of first, normal, last/],
      [['retry', id, ...because], 4, 'NOTHING_TO_DO', /^There is nothing to do for retry: it is executing\.$/],
      [['cancel', id, '--if-seq', '9', ...yes], 4, 'STALE_VIEW', /has moved on: its last transition is now number 1/],
      [['cancel', id, '--reason', 'no', '--yes'], 2, 'NOT_UNDERSTOOD', /say why, in 3 to 200 characters/],
      [['many', 'cancel', '--count', '2', ...because], 4, 'COUNT_DIFFERS', /^3 requests fit now, and 2 were confirmed/],
      [
        ['cancel', '--all-matching', '--count', '4', ...because],
        4,
        'COUNT_DIFFERS',
        /^3 requests fit now, and 4 were confirmed/,
      ],
      // Lanes.
      [['lane', 'gpu-9'], 3, 'LANE_UNKNOWN', /^There is no lane gpu-9 here/],
      [['lane', 'gpu-9', 'drain', ...because], 3, 'LANE_UNKNOWN', /^There is no lane gpu-9 here/],
      [['lane', 'gpu-0', 'drain', ...because], 4, 'LAST_LANE', /^Lane gpu-0 is the last one that takes work/],
      [['lane', 'gpu-0', 'stop', ...yes], 4, 'LAST_LANE', /^Lane gpu-0 is the last one/],
    ];
    for (const [words, exitCode, code, sentence] of cases) {
      const said = await admin(...words);
      assert.equal(said.exitCode, exitCode, `${words.join(' ')}: ${said.out}${said.err}`);
      assert.equal(said.out, '', words.join(' '));
      assert.match(said.err.trim(), sentence, words.join(' '));
      assert.equal(said.err.trim().split('\n').length, 1, said.err);
      const { v, error } = JSON.parse((await admin(...words, '--json')).out);
      assert.deepEqual([v, error.code, error.message], [1, code, said.err.trim()], words.join(' '));
    }
    assert.deepEqual(world.assembly.audit.list(1), []);
    assert.equal(world.assembly.feed.newest, newest);
    assert.equal(world.system.registry.view(id)?.state, 'executing');
  });

  it('that the shell can be told of is refused before a service is asked', async () => {
    for (const words of [
      ['requests', '--limit', '0'],
      ['requests', '--limit', 'many'],
      ['feed', '--after', '-1'],
      ['deadline', 'abcdef', 'tomorrow', ...because],
      ['deadline', 'abcdef', '2030-01-01T00:00:00', ...because],
      ['cancel', 'abcdef'],
      ['lane', 'gpu-0', 'explode'],
      ['many', 'explode', ...because],
      ['cancel', 'abcdef', '--operation-id', 'mine', ...because],
      ['request', 'abcdef', '--wait', 'long'],
      ['request', 'abcdef', '--wait', '1h', '--watch'],
      ['page', '--port', '70000'],
      ['completion', 'csh'],
      ['explode'],
    ]) {
      const cli = scriptedCli({ SEALED_ADMIN: '/nowhere/admin.sock' });
      assert.equal(await runCli(['admin', ...words], cli), 2, words.join(' '));
    }
    const cli = scriptedCli({ SEALED_ADMIN: `/nowhere/${'x'.repeat(200)}` });
    assert.equal(await runCli(['admin', 'status'], cli), 6, 'a path that no socket can have');
  });
});
