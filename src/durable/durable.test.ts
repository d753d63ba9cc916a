// The durable host with another kind than a request: a lamp that is lit and goes out. Its first version counted differently.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { assign, fromPromise, setup } from 'xstate';
import { createLog } from '../log.js';
import type { Envelope } from '../store/buckets.js';
import { openStore, type Store } from '../store/environment.js';
import { temporaryFolder } from '../testkit/temporaryFolder.js';
import { SimulatedClock } from '../testkit/world/simulatedClock.js';
import { createHost } from './host.js';
import type { DurableKind, TransitionHook } from './kind.js';
import type { Migrations } from './migrate.js';
import { restoreOpen } from './restore.js';
import type { StoredSnapshot } from './snapshot.js';
import { storedView } from './stored.js';

interface LampView {
  readonly id: string;
  readonly state: string;
  readonly blinks: number;
}
type LampEvent = { type: 'BLINK' } | { type: 'BREAK' };

const lampMachine = setup({
  types: { context: {} as { id: string; blinks: number }, events: {} as LampEvent },
  actors: { burn: fromPromise(() => new Promise<void>(() => {})) },
}).createMachine({
  id: 'lamp@2',
  initial: 'lit',
  context: { id: '', blinks: 0 },
  states: {
    lit: {
      invoke: { src: 'burn' },
      on: {
        BLINK: { target: 'lit', reenter: true, actions: assign({ blinks: ({ context }) => context.blinks + 1 }) },
        BREAK: 'broken',
      },
    },
    broken: { type: 'final' },
  },
});

const firstSnapshot = (id: string): StoredSnapshot =>
  ({
    status: 'active',
    value: 'lit',
    historyValue: {},
    context: { id, blinks: 0 },
    children: { '0.lamp@2.lit': { snapshot: { status: 'active' }, src: 'burn', syncSnapshot: false } },
  }) as StoredSnapshot;

/** `lamp@1` called its count `flashes`, and its child was named after it. */
const olderSnapshot = (id: string, flashes: number) => ({
  status: 'active',
  value: 'lit',
  historyValue: {},
  context: { id, flashes },
  children: { '0.lamp@1.lit': { snapshot: { status: 'active' }, src: 'burn', syncSnapshot: false } },
});

const migrations: Migrations = {
  'lamp@1': {
    to: 'lamp@2',
    snapshot({ context, children, ...rest }) {
      const { id, flashes } = context as { id: string; flashes: number };
      return {
        ...rest,
        context: { id, blinks: flashes },
        children: { '0.lamp@2.lit': children['0.lamp@1.lit'] as never },
      };
    },
  },
};

const lampKind: DurableKind<string, string, LampView, LampEvent> = {
  name: 'lamp',
  machine: lampMachine,
  migrations,
  buckets: { snapshots: 'snapshots', journal: 'journal', open: 'openRequests' },
  viewOf: ({ value, context }) => ({ ...(context as { id: string; blinks: number }), state: value as string }),
  idOf: ({ id }) => id,
  ownerOf: () => 'house',
  ageOf: () => 0,
  isTerminal: ({ state }) => state === 'broken',
  pathOf: (value) => value as string,
  first: firstSnapshot,
};

function live(store: Store, hooks: readonly TransitionHook<LampView>[] = []) {
  const seen: LampView[] = [];
  const host = createHost({
    store,
    clock: new SimulatedClock(),
    log: createLog('silent'),
    kind: lampKind,
    hooks,
    onDurable: (view) => seen.push(view),
    onQuarantined: (id) => assert.fail(`${id} failed`),
  });
  return { host, seen, restore: () => restoreOpen({ store, kind: lampKind, host, prepare: () => {} }) };
}

const openTemporary = () => openStore(join(temporaryFolder('durable'), 'store'));
const markOpen = (id: string) => (tx: Parameters<Parameters<Store['write']>[0]>[0]) =>
  tx.put('openRequests', [id as never], true);
const putOlder = (store: Store, id: string, envelope: Envelope) =>
  store.write((tx) => {
    tx.put('snapshots', [id as never], envelope);
    markOpen(id)(tx);
  });

/** A view appears when its transition is on disk. Nothing else shows when that is. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve));
}

describe('a durable machine of any kind', () => {
  it('runs, ends, and is read from the store after its end', async () => {
    const store = await openTemporary();
    const { host, seen } = live(store);
    await host.start('kitchen', markOpen('kitchen'));
    host.send('kitchen', { type: 'BLINK' });
    host.send('kitchen', { type: 'BREAK' });
    await until(() => seen.at(-1)?.state === 'broken');
    assert.deepEqual(storedView(store, lampKind, 'kitchen'), { id: 'kitchen', state: 'broken', blinks: 1 });
    assert.equal(host.send('kitchen', { type: 'BLINK' }), false);
    assert.deepEqual(
      [...store.scan('journal', ['kitchen' as never])].map(({ value }) => `${value.from}>${value.to}:${value.on}`),
      ['>lit:xstate.init', 'lit>lit:BLINK', 'lit>broken:BREAK'],
    );
    assert.deepEqual([...store.scan('openRequests', [])], []);
    await store.close();
  });

  it('runs its hooks in order, in the transaction of the transition, and writes nothing when one throws', async () => {
    const store = await openTemporary();
    const order: string[] = [];
    const { host, seen } = live(store, [
      (tx, view) => {
        order.push(`first ${view.state}`);
        tx.put('meta', ['lamp'], view.blinks);
      },
      (tx, view) => {
        order.push(`second ${view.state}`);
        if (view.id === 'cellar') throw new Error('no room in the cellar');
        assert.equal(tx.get('meta', 'lamp'), view.blinks);
      },
    ]);
    await host.start('kitchen', markOpen('kitchen'));
    assert.deepEqual(order, ['first lit', 'second lit']);
    host.send('kitchen', { type: 'BLINK' });
    await until(() => seen.at(-1)?.blinks === 1);
    assert.equal(store.get('meta', 'lamp'), 1);

    await assert.rejects(host.start('cellar', markOpen('cellar')));
    assert.equal(storedView(store, lampKind, 'cellar'), undefined);
    assert.equal(store.get('meta', 'lamp'), 1, 'what the first hook wrote beside the failed one is kept');
    await host.stop();
    await store.close();
  });

  it('of an earlier version is restored through its migration, and is read through it', async () => {
    const store = await openTemporary();
    await putOlder(store, 'attic', { machine: 'lamp@1', seq: 4, at: 7, snapshot: olderSnapshot('attic', 4) });
    assert.deepEqual(storedView(store, lampKind, 'attic'), { id: 'attic', state: 'lit', blinks: 4 });
    const { host, seen, restore } = live(store);
    assert.equal(restore(), 1);
    host.send('attic', { type: 'BLINK' });
    await until(() => seen.at(-1)?.blinks === 5);
    const { machine, seq } = store.get('snapshots', 'attic' as never) as Envelope;
    assert.deepEqual({ machine, seq }, { machine: 'lamp@2', seq: 5 });
    await host.stop();
    await store.close();
  });

  it('of an unknown version refuses to start, and names itself', async () => {
    const store = await openTemporary();
    await putOlder(store, 'attic', { machine: 'lamp@3', seq: 0, at: 0, snapshot: olderSnapshot('attic', 0) });
    assert.throws(() => live(store).restore(), {
      name: 'RestoreError',
      message:
        'Lamp attic cannot be restored: it was written by machine lamp@3, this release has lamp@2. Start the release that wrote it.',
    });
    await store.close();
  });

  it('with a child that has died refuses to start', async () => {
    const store = await openTemporary();
    const snapshot = firstSnapshot('attic');
    const dead = { ...snapshot, children: { '0.lamp@2.lit': { snapshot: { status: 'done' } } } };
    await putOlder(store, 'attic', { machine: 'lamp@2', seq: 0, at: 0, snapshot: dead });
    assert.throws(() => live(store).restore(), /Lamp attic cannot be restored: its child 0\.lamp@2\.lit is done/);
    await store.close();
  });
});
