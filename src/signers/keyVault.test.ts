import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { SignerId } from '../ids.js';
import { createKeyVault } from './keyVault.js';

const signerId = 'aa'.repeat(16) as SignerId;
/** What a vault draws, in its own memory. */
const drawn = new Uint8Array(32).fill(1);
const vaultOf = (...draws: Uint8Array[]) => createKeyVault({ bytes: () => draws.shift() as Uint8Array<ArrayBuffer> });

describe('a key in the vault', () => {
  it('31: signs as vector 3 says: low s, v of 27 or 28, the same bytes each time', () => {
    const vault = vaultOf(drawn.slice());
    assert.equal(vault.create(signerId).address, '1a642f0e3c3af545e7acbd38b07251b3990914f1');
    const digest = Buffer.from('b625fc8d3f1795073b9b672a2a7cffa55c3e7c50a9591f38f83fd242c1fd758f', 'hex');
    const expected =
      'b7d374409a1c073834e6691567f47576afdd0deceb6be362a208f12e2535520a550b6766b1e648059328233005ea9aa93a9de96cacc155460985209889006fdb1c';
    for (let times = 0; times < 2; times += 1)
      assert.equal(Buffer.from(vault.sign(signerId, digest)).toString('hex'), expected);
  });

  it('is overwritten when it is destroyed, and signs no more', () => {
    const bytes = drawn.slice();
    const vault = vaultOf(bytes);
    vault.create(signerId);
    vault.destroy(signerId);
    assert.deepEqual(bytes, new Uint8Array(32));
    assert.equal(vault.has(signerId), false);
    assert.throws(() => vault.sign(signerId, new Uint8Array(32)), /has no key/);
  });

  it('is drawn again when it is none of the curve', () => {
    const vault = vaultOf(new Uint8Array(32), new Uint8Array(32).fill(255), drawn.slice());
    assert.equal(vault.create(signerId).address, '1a642f0e3c3af545e7acbd38b07251b3990914f1');
  });
});
