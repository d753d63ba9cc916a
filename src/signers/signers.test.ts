import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { describe, it } from 'node:test';
import { keccak_256 } from '@noble/hashes/sha3';
import type { SignerFault } from '../machines/signer/rules.js';
import { systemRandom } from '../random.js';
import { scriptedRegistrar, validFor } from '../testkit/signers/scriptedRegistrar.js';
import { createSignersRig, type SignersRig } from '../testkit/signers/signersRig.js';
import { createOffChainRegistrar } from './registrar/offChain.js';
import type { Registrar } from './registrar/registrar.js';

const secp256k1 = createRequire(import.meta.url)('secp256k1') as {
  ecdsaRecover(signature: Uint8Array, recoveryId: number, digest: Uint8Array, compressed: boolean): Uint8Array;
};
const minute = 60_000;
const digest = keccak_256('a statement');

const rigOn = (more: Partial<Parameters<typeof createSignersRig<ReturnType<typeof scriptedRegistrar>>>[0]> = {}) =>
  createSignersRig({ registrar: scriptedRegistrar, ...more });

/** Address and signature of the key that signs now, or why there is none. */
function signed({ signers }: Pick<SignersRig<Registrar>, 'signers'>): string {
  const key = signers.active();
  if ('waiting' in key) return key.waiting;
  const signature = key.sign(digest);
  const recovered = secp256k1.ecdsaRecover(signature.subarray(0, 64), (signature[64] ?? 0) - 27, digest, false);
  const address = Buffer.from(keccak_256(recovered.subarray(1)).subarray(12)).toString('hex');
  assert.equal(address, key.address);
  return address;
}
const isAddress = (text: string) => /^[0-9a-f]{40}$/.test(text);

describe('signing keys off the chain', () => {
  it('sign as soon as their own quote verifies under the development root', async () => {
    const rig = await createSignersRig({
      registrar: (clock, developmentRoot) => createOffChainRegistrar({ clock, developmentRoot }),
    });
    await rig.until('active');
    assert.ok(isAddress(signed(rig)));
    await rig.end();
  });

  it('never sign when it does not', async () => {
    const rig = await createSignersRig({
      registrar: (clock) => createOffChainRegistrar({ clock, developmentRoot: Uint8Array.of(1) }),
    });
    await rig.until('abandoned');
    assert.match(signed(rig), /does not verify under the development root/);
    await rig.clock.advance(10_000);
    await rig.until('abandoned', 'abandoned');
    await rig.end();
  });
});

describe('signing keys of a registry', () => {
  it('sign nothing before they are registered and confirmed', async () => {
    let confirm = () => {};
    const rig = await rigOn({
      registrar: (clock) =>
        Object.assign(scriptedRegistrar(clock), {
          hold: new Promise<void>((resolve) => {
            confirm = resolve;
          }),
        }),
    });
    assert.deepEqual(rig.states(), ['registering.confirming']);
    assert.match(signed(rig), /is being registered/);
    confirm();
    await rig.settle();
    assert.ok(isAddress(signed(rig)));
    await rig.end();
  });

  it('overlap: the old key signs until the new one is registered, confirmed and on disk', async () => {
    const rig = await rigOn();
    const first = signed(rig);
    let confirm = () => {};
    rig.registrar.hold = new Promise<void>((resolve) => {
      confirm = resolve;
    });
    await rig.clock.advance(25 * minute + 1_000);
    await rig.settle();
    assert.deepEqual(rig.states(), ['active', 'registering.confirming']);
    assert.equal(signed(rig), first);
    confirm();
    await rig.settle();
    assert.deepEqual(rig.states(), ['retired', 'active']);
    const second = signed(rig);
    assert.ok(isAddress(second));
    assert.notEqual(second, first);
    assert.deepEqual(rig.registrar.registered, [first, second]);
    await rig.end();
  });

  it('never sign when their own life is short, by the chain’s clock, though the wall clock was set back', async () => {
    const rig = await rigOn();
    rig.registrar.trouble = { cause: 'rpc', helps: 'again', detail: 'the RPC is down' };
    await rig.clock.set(-10 * 60 * minute);
    await rig.clock.advance((validFor / 60 - 15) * minute - 1_000);
    assert.ok(isAddress(signed(rig)));
    await rig.clock.advance(2_000);
    await rig.settle();
    assert.equal(rig.states()[0], 'lapsed');
    assert.match(signed(rig), /the RPC is down|ends soon/);
    await rig.end();
  });

  it('46: with the RPC away for two rotations they lapse and requests wait, and sign again when it is back', async () => {
    const rig = await rigOn();
    rig.registrar.trouble = { cause: 'rpc', helps: 'again', detail: 'the RPC is down' };
    rig.registrar.standingOf = new Error('the RPC is down');
    await rig.clock.advance(60 * minute);
    await rig.settle();
    assert.equal(rig.states()[0], 'retired');
    assert.equal(rig.states()[1], 'quoting.waiting');
    assert.match(signed(rig), /the RPC is down/);
    assert.ok(rig.lines.some((line) => line.includes('signer.rotation_failing') && line.includes('lifeLeftS')));
    assert.ok(rig.lines.some((line) => line.includes('signer.lapsed')));
    rig.registrar.trouble = undefined;
    rig.registrar.standingOf = 'registered';
    await rig.clock.advance(minute);
    await rig.settle();
    assert.ok(isAddress(signed(rig)));
    await rig.end();
  });

  it('47: pause when a reorganisation has dropped their registration, and are registered again under the same address', async () => {
    const rig = await rigOn();
    const before = signed(rig);
    let confirm = () => {};
    rig.registrar.hold = new Promise<void>((resolve) => {
      confirm = resolve;
    });
    rig.registrar.standingOf = 'gone';
    await rig.clock.advance(12_000);
    await rig.settle();
    assert.deepEqual(rig.states(), ['registering.confirming']);
    assert.match(signed(rig), /being registered/);
    rig.registrar.standingOf = 'registered';
    confirm();
    await rig.settle();
    assert.equal(signed(rig), before);
    await rig.end();
  });

  it('retire at once when the registry has revoked them, and another key is made', async () => {
    const rig = await rigOn();
    const before = signed(rig);
    rig.registrar.standingOf = 'revoked';
    await rig.clock.advance(12_000);
    rig.registrar.standingOf = 'registered';
    await rig.settle();
    assert.deepEqual(rig.states(), ['retired', 'active']);
    assert.notEqual(signed(rig), before);
    await rig.end();
  });

  it('are not given up when the registry cannot be asked', async () => {
    const rig = await rigOn();
    const before = signed(rig);
    rig.registrar.standingOf = new Error('no answer');
    await rig.clock.advance(5 * minute);
    assert.equal(signed(rig), before);
    assert.equal(rig.lines.filter((line) => line.includes('signer.unwatched')).length, 1);
    await rig.end();
  });

  it('51: are abandoned when the registry refuses them, and the next one waits longer each time', async () => {
    const rig = await rigOn();
    const first = signed(rig);
    const fault: SignerFault = { cause: 'refused', helps: 'nothing', detail: 'the measurement is not allowed' };
    for (let times = 0; times < 3; times += 1) rig.registrar.outcomes.push({ kind: 'reverted', fault });
    await rig.clock.advance(25 * minute + 1_000);
    await rig.settle();
    assert.deepEqual(rig.states(), ['active', 'abandoned']);
    await rig.clock.advance(10_000 + 20_000);
    await rig.settle();
    assert.deepEqual(rig.states(), ['active', 'abandoned', 'abandoned', 'abandoned']);
    assert.equal(signed(rig), first);
    await rig.clock.advance(40_000);
    await rig.settle();
    assert.equal(rig.states().at(-1), 'active');
    assert.ok(rig.lines.some((line) => line.includes('signer.rotation_failed') && line.includes('not allowed')));
    await rig.end();
  });

  it('are rotated on request, once at a time', async () => {
    const rig = await rigOn();
    const first = signed(rig);
    assert.equal(rig.rotate(), true);
    assert.equal(rig.rotate(), false);
    await rig.settle();
    assert.deepEqual(rig.states(), ['retired', 'active']);
    assert.notEqual(signed(rig), first);
    assert.equal(rig.signers.keys().length, 2);
    await rig.end();
  });

  it('stay for the life of the process when rotation is off', async () => {
    const rig = await rigOn({ terms: { rotateAfter: 0, minRemaining: 0 } });
    await rig.clock.advance(validFor * 1000 - 1_000);
    assert.deepEqual(rig.states(), ['active']);
    await rig.end();
  });
});

describe('39: a restart', () => {
  it('makes a new key in whatever state the old one was, and nothing signs with the old one', async () => {
    for (const rounds of [0, 1, 2, 3, 4, 6, 8, 12]) {
      const rig = await createSignersRig({ registrar: scriptedRegistrar });
      rig.rotate();
      for (let round = 0; round < rounds; round += 1) await rig.clock.turn();
      const before = new Set(rig.signers.keys().map(({ address }) => address));
      const next = await rig.reborn();
      assert.equal(next.states().filter((state) => state === 'active').length, 1, `after ${rounds} rounds`);
      assert.ok(!before.has(signed(next) as never));
      assert.deepEqual(
        next.states().filter((state) => !['active', 'retired', 'abandoned'].includes(state)),
        [],
      );
      await next.end();
    }
  });

  it('finds no private key in any snapshot, journal or log line', async () => {
    const drawn: string[] = [];
    const random = {
      bytes(count: number) {
        const bytes = systemRandom.bytes(count);
        if (count === 32) drawn.push(Buffer.from(bytes).toString('hex'));
        return bytes;
      },
    };
    const rig = await rigOn({ random });
    signed(rig);
    rig.rotate();
    await rig.settle();
    signed(rig);
    assert.equal(drawn.length, 2);
    const kept = (['signerSnapshots', 'signerJournal', 'openSigners', 'meta'] as const).flatMap((bucket) => [
      ...rig.store.scan(bucket, []),
    ]);
    const text = JSON.stringify(kept, (_, value) =>
      value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value,
    );
    for (const secret of drawn) {
      assert.ok(!text.includes(secret));
      assert.ok(!rig.lines.join('').includes(secret));
    }
    assert.ok(text.includes(signed(rig)));
    await rig.end();
  });
});
