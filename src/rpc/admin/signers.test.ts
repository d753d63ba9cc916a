// Signing keys are seen and steered as requests are: in the feed, with their histories, and as what needs a person when none can be registered.
import assert from 'node:assert/strict';
import type { IpcNetConnectOpts } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { equals } from '@bufbuild/protobuf';
import { runCli } from '../../cli/runCli.js';
import { Machines } from '../../gen/admin/v1/machines_pb.js';
import { Service } from '../../gen/admin/v1/service_pb.js';
import { Signers } from '../../gen/admin/v1/signers_pb.js';
import type { Address } from '../../ids.js';
import { scriptedCli } from '../../testkit/scriptedCli.js';
import { auditOf, codeOf, operationId, reason } from '../../testkit/service/actRig.js';
import { callGrpc, callJson, pathOf, post } from '../../testkit/service/adminCalls.js';
import { watchEvents } from '../../testkit/service/adminWatch.js';
import { startAdmin } from '../../testkit/service/adminWorld.js';
import { type ActedSigners, signerActRig } from '../../testkit/service/signerActs.js';
import { createMemoryPages } from '../../testkit/world/memoryPages.js';
import { createWorld } from '../../testkit/world/world.js';

const down = { cause: 'rpc', helps: 'again', detail: 'the RPC is down' } as const;
const json = { 'content-type': 'application/json', 'x-sealed-operator': 'ada' };

async function start(t: TestContext) {
  const rig = await signerActRig(t);
  return {
    ...rig,
    rig: rig.world,
    act: (method: (typeof Signers.method)['rotate' | 'retryNow'], call: object = {}, change: object = {}) =>
      rig.call({ method }, call, change),
    list: () => callJson(rig.to(), Signers.method.list, {}),
    needs: async () => (await callJson(rig.to(), Service.method.status, {})).needsYou,
    audits: () => auditOf(rig.world()).map(({ action, target }) => [action, target]),
  };
}

const inFeed = ({ records: { feed } }: ActedSigners) =>
  feed.read(0, 1_000).flatMap(({ entry }) => (entry.what === 'signer' ? [`${entry.id} ${entry.seq}`] : []));
const journalled = ({ store }: ActedSigners) =>
  [...store.scan('signerJournal', [])].map(({ key: [id, seq] }) => `${id} ${seq}`);

describe('transitions of signing keys', () => {
  it('have a number each in the feed, also over a crash, and are told to who watches', async (t) => {
    const { rig, to, reborn } = await start(t);
    const watcher = watchEvents(to(), '?after=1&kinds=signer');
    t.after(() => watcher.leave());
    await watcher.until(({ event }) => event.case === 'beat');
    assert.deepEqual(watcher.told.slice(0, 2), ['signer:>generating', 'signer:generating>quoting.running']);
    assert.equal(watcher.told.at(-2), 'signer:registering.confirming>active');
    await reborn();
    assert.deepEqual(rig().states(), ['retired', 'active']);
    assert.deepEqual(inFeed(rig()).sort(), journalled(rig()).sort());
    assert.equal([...rig().store.scan('openSigners', [])].length, 1);
    // One that an earlier build has not listed ends all the same.
    for (const { key } of [...rig().store.scan('openSigners', [])])
      await rig().store.write((tx) => tx.remove('openSigners', key[0]));
    await reborn();
    assert.deepEqual(rig().states(), ['retired', 'active']);
    const lives = new Set([...rig().store.scan('signerJournal', [])].map(({ value }) => value.life));
    assert.deepEqual([...lives].sort(), [1, 2, 3]);
  });
});

describe('signing keys', () => {
  it('are listed and shown, with until when they are registered and how they came there, by both transports', async (t) => {
    const { rig, to, list } = await start(t);
    const { rows, activeAddress, waitsFor, canRotate } = await list();
    const [signer, ...others] = rows;
    assert.deepEqual([others, waitsFor, canRotate], [[], '', true]);
    assert.deepEqual([signer?.state, signer?.address, signer?.actions], ['active', activeAddress, []]);
    assert.deepEqual([signer?.registry, signer?.chainId], ['5f'.repeat(20), 31_337n]);
    const [view] = rig().signers.views();
    assert.ok(view?.state === 'active');
    assert.equal(signer?.registeredUntil?.seconds, BigInt(view.registration.expiresAt));
    const id = signer?.id ?? '';
    for (const method of [Signers.method.get, Signers.method.history]) {
      const byGrpc = await callGrpc(to(), method as never, { id: id.slice(-6) } as never);
      const byJson = await callJson(to(), method as never, { id } as never);
      assert.ok('message' in byGrpc && equals(method.output as never, byGrpc.message as never, byJson as never));
    }
    const { transitions, isComplete } = await callJson(to(), Signers.method.history, { id });
    assert.deepEqual([transitions.length, isComplete, transitions.at(-1)?.on], [view.seq + 1, true, 'CONFIRMED']);
    await assert.rejects(callJson(to(), Signers.method.get, { id: 'ab'.repeat(16) }), /SIGNER_UNKNOWN/);
    await assert.rejects(callJson(to(), Signers.method.get, { id: 'ab'.repeat(32) }), /NOT_UNDERSTOOD/);
  });

  it('are rotated at once by an operator, once for one operation, with the audit before what it led to', async (t) => {
    const { rig, act, list, audits, reborn } = await start(t);
    const first = (await list()).activeAddress;
    const dry = await act(Signers.method.rotate, {}, { dryRun: true });
    await rig().settle();
    assert.deepEqual([rig().states(), audits()], [['active'], []]);
    const after = rig().records.feed.newest;
    const done = await act(Signers.method.rotate, {}, { operationId });
    assert.equal(done.status, 200, done.said.message);
    assert.deepEqual(done.said.changed.effects, dry.said.changed.effects);
    assert.match(dry.said.changed.effects.join(' '), new RegExp(`Key ${first} signs until`));
    await rig().settle();
    assert.deepEqual(rig().states(), ['retired', 'active']);
    assert.notEqual((await list()).activeAddress, first);
    assert.deepEqual(
      rig()
        .records.feed.read(after, 2)
        .map(({ n, entry }) => [n, entry.what]),
      [
        [Number(done.said.changed.feed), 'act'],
        [Number(done.said.changed.feed) + 1, 'signer'],
      ],
    );
    await reborn();
    assert.deepEqual((await act(Signers.method.rotate, {}, { operationId })).said.changed, done.said.changed);
    assert.deepEqual(audits(), [['signer.rotate', '']]);
  });

  it('are not rotated while a successor is on its way, nor where nothing is signed', async (t) => {
    const { rig, act, audits, list, to: at } = await start(t);
    rig().registrar.hold = new Promise(() => {});
    await act(Signers.method.rotate);
    await rig().settle();
    assert.deepEqual(rig().states(), ['active', 'registering.confirming']);
    for (const dryRun of [true, false])
      assert.equal(codeOf(await act(Signers.method.rotate, {}, { dryRun })), 'NOTHING_TO_DO');
    assert.equal((await list()).canRotate, false);
    const { liveCounts } = await callJson(at(), Machines.method.describe, { id: 'signer' });
    assert.deepEqual(liveCounts, { active: 1, registering: 1, 'registering.confirming': 1 });
    assert.equal(audits().length, 1);
    const world = await createWorld({ pages: createMemoryPages() });
    t.after(() => world.end());
    const to = await startAdmin(t, world);
    const { body } = await post(to, pathOf(Signers.method.rotate), JSON.stringify({ change: { reason } }), json);
    assert.match(JSON.stringify(body), /NOTHING_TO_DO/);
  });

  it('that cannot be registered need a person, who ends the pause when the cause is mended', async (t) => {
    const { rig, act, needs, audits, list, to } = await start(t);
    rig().registrar.trouble = down;
    assert.deepEqual(await needs(), []);
    await rig().clock.advance(30 * 60_000);
    await rig().settle();
    assert.equal(rig().states().at(-1), 'quoting.waiting');
    const [need, ...others] = await needs();
    const signerId = rig().signers.views()[0]?.start.signerId ?? '';
    assert.deepEqual(others, []);
    assert.deepEqual(
      [need?.reason, need?.signerId, need?.command],
      ['SIGNER_UNREGISTERED', signerId, `signer ${signerId} retry-now`],
    );
    assert.match(need?.sentence ?? '', /cannot be registered: the RPC is down\. The present key signs until/);
    const row = (await list()).rows[0];
    assert.deepEqual([row?.lastFailure?.code, row?.actions], ['rpc', ['retry-now']]);
    const { seq = 0 } = row ?? {};
    for (const dryRun of [true, false])
      assert.equal(
        codeOf(await act(Signers.method.retryNow, { id: signerId }, { expectedSeq: seq - 1, dryRun })),
        'STALE_VIEW',
      );
    rig().registrar.trouble = undefined;
    const { path: socket } = to() as IpcNetConnectOpts;
    const cli = scriptedCli({ LOGNAME: 'ada' }, { clock: rig().clock });
    const words = [
      'admin',
      'signer',
      `…${signerId.slice(-8)}`,
      'retry-now',
      '--reason',
      'it is back',
      '--if-seq',
      String(seq),
    ];
    assert.equal(await runCli([...words, '--socket', socket], cli), 0, cli.err());
    await rig().settle();
    assert.deepEqual([rig().states().at(-1), await needs()], ['active', []]);
    assert.deepEqual(audits(), [['signer.retry-now', signerId]]);
    const { transitions } = await callJson(to(), Signers.method.history, { id: signerId });
    assert.deepEqual(
      transitions.flatMap(({ by, reason: why }) => (by === '' ? [] : [`${by}: ${why}`])),
      ['ada: it is back'],
    );
    assert.equal(codeOf(await act(Signers.method.retryNow, { id: signerId })), 'NOTHING_TO_DO');
    const shown = scriptedCli({}, { clock: rig().clock });
    assert.equal(await runCli(['admin', 'signers', '--socket', socket], shown), 0, shown.err());
    assert.match(shown.out(), new RegExp(`^SIGNER +STATE .*\n…${signerId.slice(-8)} +active `));
  });

  it('that were given up need a rotation, which waits for no pause', async (t) => {
    const { rig, act, needs } = await start(t);
    rig().registrar.trouble = { cause: 'refused', helps: 'nothing', detail: 'the registry does not take it' };
    await act(Signers.method.rotate);
    await rig().settle();
    assert.equal(rig().states().at(-1), 'abandoned');
    assert.deepEqual(
      (await needs()).map(({ command }) => command),
      ['signers rotate'],
    );
    rig().registrar.trouble = undefined;
    assert.equal((await act(Signers.method.rotate)).status, 200);
    await rig().settle();
    assert.deepEqual([rig().states().at(-1), await needs()], ['active', []]);
  });

  it('that an operator is to register need them until they say that it is sent, and are shown by a command', async (t) => {
    const { rig, act, needs, to } = await start(t);
    const { registrar } = rig();
    let isNoted = false;
    let confirm = () => {};
    registrar.hold = new Promise((resolve) => {
      confirm = resolve;
    });
    const call = { chainId: 31_337, to: '5f'.repeat(20) as Address, data: 'c0ffee' };
    registrar.call = () => call;
    registrar.byHand = { chooseReference: async () => {}, noteTransaction: () => {}, isNoted: () => isNoted };
    assert.deepEqual(await needs(), []);
    await act(Signers.method.rotate);
    await rig().settle();
    const signerId = rig().signers.views()[0]?.start.signerId ?? '';
    assert.deepEqual(
      (await needs()).map(({ reason: code, sentence, signerId: id, command }) => [code, sentence, id, command]),
      [
        [
          'REGISTRATION_WAITS',
          'The registration of a signing key waits for you to send it. The present key signs until its own registration ends.',
          signerId,
          'signers registration',
        ],
      ],
    );
    const asked = async (...words: string[]) => {
      const cli = scriptedCli({}, { clock: rig().clock });
      const exitCode = await runCli(['admin', 'signers', 'registration', ...words, '--socket', socket], cli);
      return [exitCode, cli.out()];
    };
    const { path: socket } = to() as IpcNetConnectOpts;
    assert.deepEqual(await asked(), [0, `Send this on chain 31337, soon:\nto   0x${'5f'.repeat(20)}\ndata 0xc0ffee\n`]);
    assert.match(String(await asked('--json')), /^0,\{"v":1,"chainId":31337,.*"data":"0xc0ffee"/);
    isNoted = true;
    assert.deepEqual(await needs(), []);
    isNoted = false;
    confirm();
    await rig().settle();
    assert.deepEqual([rig().states().at(-1), await needs()], ['active', []]);
    assert.deepEqual(await asked(), [3, 'No registration waits for you to send it.\n']);
  });
});
