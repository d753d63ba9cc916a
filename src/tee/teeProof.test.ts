// The vectors of the model, and of ours: whatever changes here is another signature.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { VkHash } from '../ids.js';
import { vectorKey } from '../testkit/world/scriptedSigner.js';
import { programVKeyOf, vkHashOfProgramVKey } from './programVKey.js';
import { recoverSigner, signatureProblem } from './recoverSigner.js';
import { encodeTeeProof, teeDigest, teeMessage } from './teeProof.js';

const bytes = (text: string) => Uint8Array.from(Buffer.from(text, 'hex'));
const hex = (of: Uint8Array) => Buffer.from(of).toString('hex');
const counting = Buffer.from(Array.from({ length: 32 }, (_, i) => i)).toString('hex');

const vectors = [
  {
    name: 'synthetic',
    vk: counting,
    publicValues: 'f4010000aaaaaaaabbbbbbbb',
    message: '2644a2578a527583c1b98168e7aba22e676b006c5f0b441a6857f9f671f3b495',
    digest: '6724c61cf13baed3428eb2d3a856a650489e58d647b153f20551eeabcd71cd14',
    signature:
      '7810c32e53f26fd808fe1d8feb97e41d5fb58577928d3c903cdf55913c623a4c18fed2d20cbba30c0336c7e375567ffc1701de1c011953265f8fad467dfa68811b',
    programVKey: '00000204061014181c40485058c0d0e0f202224265054585cc0c8d0d9c1d1e1f',
  },
  {
    name: 'fibonacci of 20',
    vk: '5bf1424e632abfd17cb0ffd37d26c69240d22974306943e60f3a713a3a7306ec',
    publicValues: '140000006d1a0000c22a0000',
    message: 'f4fa69c69956029c8fe20b5614eb620084cde3a81e312ac5d9a146d3612506e5',
    digest: 'b625fc8d3f1795073b9b672a2a7cffa55c3e7c50a9591f38f83fd242c1fd758f',
    signature:
      'b7d374409a1c073834e6691567f47576afdd0deceb6be362a208f12e2535520a550b6766b1e648059328233005ea9aa93a9de96cacc155460985209889006fdb1c',
    programVKey: '00b7e2849d8caaff47e587fe9fd26c69281a452e8c1a50f9879d389d3a7306ec',
  },
  {
    name: 'preimage, nothing committed',
    vk: '664e6f7c14bb12916c8d14cb3031b6f451785a0e0488400538e5493532a2ba64',
    publicValues: '',
    message: '7aaac2211c265e332d55a8b8fee14ae5d68cba6292c1e9e719bd13aafe5fb3b7',
    digest: '42b3ad351d819c1cf9b4d7e90af35d7948b134660c37c10018549885fe27e4b8',
    signature:
      'b91bdc03cd50eab563bfc0be664c842cd23e9680f177f8fb185087738e4323a43b1656c0591ab62aba58fd99a72ebd4a807dc0d0abde966d0c697f1856e815091c',
    programVKey: '00cc9cdef852ec4a476468a65b031b6f4a2f0b41c12210015c72a49ab2a2ba64',
  },
];

/** What the model has logged of itself: its message, its digest, its signature, and its key. */
const logged = {
  message: 'a50f6fca342d194a8443e9e8299cc6c0338bde0943ddc8efcd2d0c126a764a6b',
  digest: 'badf133f2d9aa4e1dbf88d5a7efe9ad847d5b0a096cf7ba34fba01f1af9e2083',
  signature:
    '22e32fe8df3cf338a4d60578b51972d0e56e2e6114da843c4af1301524dbfaee0f8c4e8193db093c718a646f33cd39dee94829db1aab019541875e5ad25501ea1c',
  address: '24f467036294dacac4d86ba2ed17323514fb1616',
  twin: '22e32fe8df3cf338a4d60578b51972d0e56e2e6114da843c4af1301524dbfaeef073b17e6c24f6c38e759b90cc32c61fd166b30b949d9ea67e4b0031fde13f571b',
};

describe('T31: a TEE proof', () => {
  for (const { name, vk, publicValues, message, digest, signature, programVKey } of vectors) {
    it(`has the bytes of the vectors: ${name}`, () => {
      const vkHash = vk as VkHash;
      assert.equal(hex(teeMessage(vkHash, bytes(publicValues))), message);
      assert.equal(hex(teeDigest(vkHash, bytes(publicValues))), digest);
      assert.equal(hex(vectorKey.sign(bytes(digest))), signature);
      assert.equal(recoverSigner(bytes(digest), bytes(signature)), vectorKey.address);
      assert.equal(programVKeyOf(vkHash), programVKey);
      assert.equal(vkHashOfProgramVKey(programVKey), vk);
    });
  }

  it('of the model recovers to the key that its log names', async () => {
    const { keccak_256 } = await import('@noble/hashes/sha3');
    assert.equal(hex(keccak_256(bytes(logged.message))), logged.digest);
    assert.equal(recoverSigner(bytes(logged.digest), bytes(logged.signature)), logged.address);
    assert.equal(vectorKey.address, '1a642f0e3c3af545e7acbd38b07251b3990914f1');
  });

  it('has one signature of each key: the twin with the other s is none', () => {
    assert.match(signatureProblem(bytes(logged.twin)) ?? '', /upper half/);
    assert.equal(recoverSigner(bytes(logged.digest), bytes(logged.twin)), undefined);
    const signature = bytes(logged.signature);
    for (const wrong of [
      signature.slice(0, 64),
      Uint8Array.of(...signature, 0),
      signature.with(64, 0),
      signature.with(64, 29),
    ])
      assert.equal(recoverSigner(bytes(logged.digest), wrong), undefined);
    assert.equal(recoverSigner(bytes(logged.digest), new Uint8Array(65).with(64, 27)), undefined);
  });

  it('T24, T25: both forms of a vk hash are each other’s inverse, and no longer number is one', () => {
    const word = fc.nat(0x7fffffff);
    fc.assert(
      fc.property(fc.array(word, { minLength: 8, maxLength: 8 }), (words) => {
        const vkHash = words.map((each) => each.toString(16).padStart(8, '0')).join('') as VkHash;
        assert.equal(vkHashOfProgramVKey(programVKeyOf(vkHash) ?? ''), vkHash);
      }),
    );
    assert.equal(programVKeyOf('80'.padEnd(64, '0') as VkHash), undefined);
    assert.equal(vkHashOfProgramVKey('01'.padEnd(64, '0')), undefined);
    assert.equal(vkHashOfProgramVKey('00'.padEnd(64, 'f')), '7fffffff'.repeat(8));
  });

  it('is written as serde writes it', () => {
    const proof = { signature: Uint8Array.of(1, 255), vkHash: counting as VkHash, publicValues: new Uint8Array() };
    const vk = Array.from({ length: 32 }, (_, i) => i).join(',');
    assert.equal(encodeTeeProof(proof).toString(), `{"signature":[1,255],"vk":[${vk}],"public_values":[]}`);
  });
});
