// What a released version has written of its keys must restore for ever. None of them has its key any more, and so each ends.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { createActor } from 'xstate';
import { signerMachine } from '../machines/signer/machine.js';
import { hasEnded, type SignerSnapshot, signerPath, signerViewOf } from '../machines/signer/view.js';
import type { Envelope } from '../store/buckets.js';
import { createStore } from '../store/environment.js';
import { sampleSigner } from '../testkit/signers/sampleSigner.js';
import { scriptedRegistrar } from '../testkit/signers/scriptedRegistrar.js';
import { createSignersRig } from '../testkit/signers/signersRig.js';
import { createMemoryPages } from '../testkit/world/memoryPages.js';
import { firstSnapshot } from './kind.js';

const root = new URL('../machines/fixtures/', import.meta.url);
const fixtures = readdirSync(root)
  .filter((machine) => machine.startsWith('signer@'))
  .flatMap((machine) =>
    readdirSync(new URL(`${machine}/`, root)).map((file) => ({
      name: `${machine} ${file.replace('.json', '')}`,
      state: file.replace('.json', ''),
      envelope: JSON.parse(readFileSync(new URL(`${machine}/${file}`, root), 'utf8')) as Envelope,
    })),
  );
const { start } = sampleSigner;

describe('fixtures of signing keys', () => {
  it('cover every resting state of the present machine', () => {
    const recorded = fixtures.filter(({ envelope }) => envelope.machine === signerMachine.id).map(({ state }) => state);
    assert.deepEqual(recorded.sort(), [
      'abandoned',
      'active',
      'generating',
      'lapsed',
      'overlapping',
      'quoting.running',
      'quoting.waiting',
      'registering.backingOff',
      'registering.confirming',
      'registering.sending',
      'retired',
    ]);
  });

  for (const { name, state, envelope } of fixtures) {
    it(`39: ${name} restores and ends, and another key signs`, async () => {
      const stored = envelope.snapshot as SignerSnapshot;
      assert.equal(signerPath(stored.value), state);
      const view = signerViewOf(stored, envelope);
      const disk = await createStore(createMemoryPages());
      await disk.write((tx) => {
        tx.put('signerSnapshots', [start.signerId], envelope);
        if (!hasEnded(view)) tx.put('openSigners', [start.signerId], true);
      });
      const rig = await createSignersRig({ registrar: scriptedRegistrar, disk });
      await rig.until(...(hasEnded(view) ? ['active'] : [view.activeAt === null ? 'abandoned' : 'retired', 'active']));
      const { machine } = disk.get('signerSnapshots', start.signerId) as Envelope;
      assert.equal(machine, signerMachine.id);
      const key = rig.signers.active();
      assert.ok('address' in key && key.address !== sampleSigner.made.address);
      await rig.end();
    });
  }

  it('begin as the machine itself begins', () => {
    const actor = createActor(signerMachine, { input: start }).start();
    assert.deepEqual(firstSnapshot(start), JSON.parse(JSON.stringify(actor.getPersistedSnapshot())));
    actor.stop();
  });

  it('are forgotten when more than those of two days have ended', async () => {
    const disk = await createStore(createMemoryPages());
    const ended = fixtures.find(({ state }) => state === 'retired') as (typeof fixtures)[number];
    const idOf = (index: number) => `${index.toString(16).padStart(12, '0')}${'0'.repeat(20)}` as never;
    await disk.write((tx) => {
      for (let index = 0; index < 100; index += 1) tx.put('signerSnapshots', [idOf(index)], ended.envelope);
    });
    const rig = await createSignersRig({ registrar: scriptedRegistrar, disk });
    const left = [...disk.scan('signerSnapshots', [])].map(({ key }) => key[0]);
    assert.equal(left.length, 97);
    assert.equal(left[0], idOf(4));
    await rig.end();
  });
});
