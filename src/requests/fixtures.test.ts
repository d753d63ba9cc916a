// What a released version has written must restore for ever: every fixture comes back in its state and goes on to its end.
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { describe, it } from 'node:test';
import { requestMachine } from '../machines/request/machine.js';
import { isTerminal, type SnapshotLike, statePath, viewOf } from '../machines/request/view.js';
import type { Envelope } from '../store/buckets.js';
import { successOf } from '../testkit/engine/scriptedLanes.js';
import { createWorld, sealedTee, vkHash } from '../testkit/world/world.js';

const root = new URL('../machines/fixtures/', import.meta.url);
const machines = readdirSync(root).filter((machine) => machine.startsWith('request@'));
const fixtures = machines.flatMap((machine) =>
  readdirSync(new URL(`${machine}/`, root)).map((file) => ({
    name: `${machine} ${file.replace('.json', '')}`,
    state: file.replace('.json', ''),
    envelope: JSON.parse(readFileSync(new URL(`${machine}/${file}`, root), 'utf8')) as Envelope,
  })),
);

describe('fixtures', () => {
  it('cover every resting state of the present machine', () => {
    const recorded = fixtures
      .filter(({ envelope }) => envelope.machine === requestMachine.id)
      .map(({ state }) => state);
    assert.deepEqual(recorded.sort(), [
      'cancelled',
      'executing.running',
      'executing.waiting',
      'expired',
      'failed',
      'fulfilled',
      'held',
      'proving.backingOff',
      'proving.running',
      'proving.waiting',
      'requested',
      'signing.running',
      'signing.waiting',
      'verifying.running',
      'verifying.waiting',
    ]);
  });

  for (const { name, state, envelope } of fixtures) {
    it(`${name} restores and ends well`, async () => {
      const stored = envelope.snapshot as SnapshotLike;
      assert.equal(statePath(stored.value), state);
      const { request } = stored.context;
      const view = viewOf(stored, envelope);
      const first = await createWorld({ tee: sealedTee() });
      const program = first.store.get('programs', vkHash);
      await first.store.write((tx) => {
        tx.put('snapshots', [request.requestId], envelope);
        if (!isTerminal(view)) tx.put('openRequests', [request.requestId], true);
        if (program) tx.put('programs', [request.vkHash], program);
        for (let seq = 0; seq <= envelope.seq; seq += 1)
          tx.put('journal', [request.requestId, seq], { at: 0, from: '', to: '', on: '' });
      });
      for (const [ref, kind] of [
        [request.stdin, 'stdin'],
        [stored.context.proof, 'proof'],
      ] as const) {
        if (ref === null) continue;
        const { path } = first.layout.final(ref.id, kind);
        mkdirSync(dirname(path), { recursive: true });
        writeFileSync(path, 'x');
      }
      const world = await first.reborn();
      await world.settle();
      assert.equal(
        world.system.registry.view(request.requestId)?.state,
        // What was to be signed was not seen by this process: it is executed again.
        view.state === 'requested' || view.state === 'signing' ? 'executing' : view.state,
      );
      await world.clock.advance(20_000);
      await world.settle();
      for (let next = world.lanes.waiting[0]; next !== undefined; next = world.lanes.waiting[0]) {
        next.answer(successOf(next.job));
        await world.settle();
      }
      const end = world.system.registry.view(request.requestId)?.state;
      // What is held waits for an operator.
      assert.equal(end, isTerminal(view) || view.state === 'held' ? view.state : 'fulfilled');
      world.journal(request.requestId);
      await world.end();
    });
  }

  it('of a machine that is not known here refuse to start, and name the request', async () => {
    const first = await createWorld();
    const { envelope } = fixtures.find(({ state }) => state === 'requested') as (typeof fixtures)[number];
    const id = 'ee'.repeat(32) as never;
    await first.store.write((tx) => {
      tx.put('snapshots', [id], { ...envelope, machine: 'request@99' });
      tx.put('openRequests', [id], true);
    });
    await assert.rejects(first.reborn(), /Request e{64} cannot be restored: it was written by machine request@99/);
  });
});
