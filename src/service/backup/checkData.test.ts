// A check finds what is wrong with deliveries, signing keys, intents and nonces, each planted, and finds nothing where all is well.
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import type { Address, ArtifactId, RequestId, SignerId } from '../../ids.js';
import { signerKind } from '../../signers/kind.js';
import type { Store } from '../../store/environment.js';
import { sampleArtifactId } from '../../testkit/sampleIds.js';
import { refusedOnce } from '../../testkit/service/deliveryActs.js';
import { inAwayNetwork, plantDelivery } from '../../testkit/world/awayNetwork.js';
import { deliveryWays } from '../../testkit/world/deliveries.js';
import { createMemoryPages } from '../../testkit/world/memoryPages.js';
import { createWorld, requester, type World } from '../../testkit/world/world.js';
import { checkData } from './checkData.js';

const other = (digits: string) => digits.repeat(32) as RequestId;
const gone = other('99');
const signerId = 'ab'.repeat(16) as SignerId;

async function found(world: World): Promise<string[]> {
  const all: string[] = [];
  const { store, layout, clock } = world;
  for await (const each of checkData({ store, layout, turn: clock.turn, isDeep: false, hasBucket: true }))
    all.push(`${each.code} ${each.sentence}`);
  return all;
}

/** An open delivery of a request that is here, one that was accepted, a key that signs, an intent with its input. */
async function start(t: TestContext) {
  const world = await createWorld({ pages: createMemoryPages(), ...inAwayNetwork });
  t.after(() => world.end());
  const localId = await world.submit();
  await world.settle();
  const open = await plantDelivery(world, refusedOnce(world), { localId });
  const accepted = await plantDelivery(world, deliveryWays['delivered'] ?? [], { networkId: other('ee'), localId });
  const stdinId = sampleArtifactId();
  await world.upload(stdinId, requester, 'x');
  const start = { signerId, place: { kind: 'off-chain' }, createdAt: 1 } as const;
  const intent = { submission: { requester, stdinId }, candidateId: other('cc'), state: 'sending' };
  await world.store.write((tx) => {
    const snapshot = signerKind.first(start);
    tx.put('signerSnapshots', [signerId], { machine: 'signer@1', seq: 0, at: 1, snapshot });
    tx.put('signerJournal', [signerId, 0], { at: 1, from: '', to: 'generating', on: 'xstate.init' });
    tx.put('openSigners', [signerId], true);
    const record = tx.get('artifacts', stdinId);
    assert.ok(record);
    tx.put('artifacts', [stdinId], { ...record, references: [`intent:${requester}`] });
    tx.put('networkIntents', [requester, stdinId], intent);
    tx.put('nonces', [1_700_000_000_000_000, requester], 'ab');
  });
  return { world, open, accepted, stdinId, intent };
}

type Started = Awaited<ReturnType<typeof start>>;
type Tx = Parameters<Parameters<Store['write']>[0]>[0];
const moved = { at: 1, from: 'confirming', to: 'expired', on: 'CLOSED' };

const planted: readonly [name: string, plant: (tx: Tx, of: Started) => void, finding: RegExp][] = [
  [
    'a journal of a delivery with a hole',
    (tx, { open }) => tx.remove('deliveryJournal', open, 2),
    /^JOURNAL_BROKEN its journal has entry 3 in place 2$/,
  ],
  [
    'a journal that goes on behind the snapshot',
    (tx, { open }) => tx.put('deliveryJournal', [open, 6], { ...moved, from: 'backingOff' }),
    /^JOURNAL_BROKEN its journal has 7 entries and not 6$/,
  ],
  [
    'a journal that ends elsewhere',
    (tx, { open }) => tx.put('deliveryJournal', [open, 5], moved),
    /^JOURNAL_BROKEN its journal ends in expired, its snapshot is in backingOff$/,
  ],
  [
    'an open delivery that no start would bring back',
    (tx, { open }) => tx.remove('openDeliveries', open),
    /^INDEX_WRONG it is open and not listed as such$/,
  ],
  [
    'an ended one that is listed as open',
    (tx, { accepted }) => tx.put('openDeliveries', [accepted], true),
    /^INDEX_WRONG it has ended and is listed as open$/,
  ],
  [
    'one that is listed and not there',
    (tx) => tx.put('openDeliveries', [gone], true),
    /^INDEX_WRONG it is listed as open and has no snapshot$/,
  ],
  [
    'one of a machine that is unknown',
    (tx, { open }) => tx.put('deliveries', [open], { ...at(tx, open), machine: 'delivery@9' }),
    /^SNAPSHOT_UNREADABLE /,
  ],
  [
    'one whose request is not there',
    (tx, { open }) => tx.put('deliveries', [open], withContext(tx, open, { localId: gone })),
    /^REFERENCE_WRONG it tells of request (99)+, which is not there$/,
  ],
  [
    'two accepted calls with one nonce',
    (tx, { accepted }) => copied(tx, accepted, other('ff')),
    /^NONCE_WRONG its accepted call has nonce 5, as that of delivery (ee)+$/,
  ],
  [
    'a list of refusals with another',
    (tx, { open }) => tx.put('refusedDeliveries', [open], { text: '', closesAt: 1 }),
    /^INDEX_WRONG it is listed as refused and is not$/,
  ],
  [
    'an intent whose input is not kept',
    (tx, { stdinId }) => tx.put('artifacts', [stdinId], { ...input(tx, stdinId), references: [] }),
    /^REFERENCE_WRONG an intent needs input [0-9a-f]+, which is not kept for it$/,
  ],
  [
    'an intent under another key',
    (tx, { intent }) => tx.put('networkIntents', ['77'.repeat(20) as Address, sampleArtifactId()], intent),
    /^INDEX_WRONG an intent lies under a key that is not its own$/,
  ],
  [
    'an input that is kept for an intent that is gone',
    (tx, { stdinId }) => tx.remove('networkIntents', requester, stdinId),
    /^REFERENCE_WRONG intent:(11)+ needs it no longer, and its bytes are kept$/,
  ],
  [
    'a signing key that would never end',
    (tx) => tx.remove('openSigners', signerId),
    /^INDEX_WRONG it is open and not listed as such$/,
  ],
  [
    'a signing key without its journal',
    (tx) => tx.remove('signerJournal', signerId, 0),
    /^JOURNAL_BROKEN its journal has 0 entries and not 1$/,
  ],
  [
    'a nonce that says nothing',
    (tx) => tx.put('nonces', [0.5, requester], 'ab'),
    /^NONCE_WRONG the record of its nonce 0.5 /,
  ],
];

const at = (tx: Tx, id: RequestId) => tx.get('deliveries', id) as NonNullable<ReturnType<typeof tx.get<'deliveries'>>>;
const input = (tx: Tx, id: ArtifactId) =>
  tx.get('artifacts', id) as NonNullable<ReturnType<typeof tx.get<'artifacts'>>>;
function withContext(tx: Tx, id: RequestId, changes: object) {
  const envelope = at(tx, id);
  const snapshot = envelope.snapshot as { context: object };
  return { ...envelope, snapshot: { ...snapshot, context: { ...snapshot.context, ...changes } } };
}
function copied(tx: Tx, id: RequestId, to: RequestId): void {
  tx.put('deliveries', [to], withContext(tx, id, { networkId: to }));
  for (let seq = 0; seq <= at(tx, id).seq; seq += 1) {
    const entry = tx.get('deliveryJournal', id, seq);
    assert.ok(entry);
    tx.put('deliveryJournal', [to, seq], entry);
  }
}

describe('a check', () => {
  it('finds nothing where all is well', async (t) => {
    assert.deepEqual(await found((await start(t)).world), []);
  });
  for (const [name, plant, finding] of planted)
    it(`finds ${name}`, async (t) => {
      const started = await start(t);
      await started.world.store.write((tx) => plant(tx, started));
      const all = await found(started.world);
      assert.equal(all.length, 1, all.join('\n'));
      assert.match(all[0] ?? '', finding);
    });
});
