// T54: the verdict for each single check that does not hold.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { VkHash } from '../ids.js';
import { programVKeyOf } from '../tee/programVKey.js';
import { encodeTeeProof, teeDigest } from '../tee/teeProof.js';
import { vectorKey } from '../testkit/world/scriptedSigner.js';
import { ClientError } from './errors.js';
import { type VerifyTeeProofParameters, verifyTeeProof } from './verifyTeeProof.js';

const vkHash = '5bf1424e632abfd17cb0ffd37d26c69240d22974306943e60f3a713a3a7306ec' as VkHash;
const publicValues = Buffer.from('140000006d1a0000c22a0000', 'hex');
const signature = vectorKey.sign(teeDigest(vkHash, publicValues));
const proof = encodeTeeProof({ signature, vkHash, publicValues });
const right = { proof, vkHash, publicValues, signers: [vectorKey.address] };
const other = '66'.repeat(32) as VkHash;

const failing = (changes: Partial<VerifyTeeProofParameters>, without: keyof typeof right | undefined = undefined) => {
  const parameters: VerifyTeeProofParameters = { ...right, ...changes };
  if (without !== undefined) delete (parameters as Partial<typeof right>)[without];
  const { ok, checks } = verifyTeeProof(parameters);
  const failed = checks.filter((check) => !check.ok).map(({ id }) => id);
  assert.equal(ok, failed.length === 0);
  return failed;
};
const withSignature = (changed: Uint8Array) => encodeTeeProof({ signature: changed, vkHash, publicValues });

describe('T54: a TEE proof', () => {
  it('is verified with all checks, by either form of the program', () => {
    assert.deepEqual(failing({}), []);
    const packed = programVKeyOf(vkHash);
    assert.ok(packed);
    assert.deepEqual(failing({ programVKey: packed }), []);
    assert.deepEqual(failing({ programVKey: packed }, 'vkHash'), []);
    assert.deepEqual(failing({ signers: ['0x1a642f0E3c3aF545E7AcBD38b07251B3990914F1', '11'.repeat(20)] }), []);
    assert.deepEqual(failing({}, 'publicValues'), []);
  });

  it('is not, for each single check that does not hold', () => {
    assert.deepEqual(failing({ vkHash: other }), ['vk']);
    for (const programVKey of [other, '00'.repeat(32), 'ff'.repeat(32)])
      assert.deepEqual(failing({ programVKey }), ['vk'], programVKey);
    assert.deepEqual(failing({}, 'vkHash'), ['vk']);
    assert.deepEqual(failing({ publicValues: Buffer.of(1) }), ['publicValues']);
    assert.deepEqual(failing({ signers: ['11'.repeat(20)] }), ['signer']);
    assert.deepEqual(failing({}, 'signers'), ['signer']);
    assert.deepEqual(failing({ signers: [] }), ['signer']);
    assert.deepEqual(failing({ proof: withSignature(signature.slice(0, 64)) }), ['shape', 'signature', 'signer']);
    assert.deepEqual(failing({ proof: withSignature(signature.with(64, 0)) }), ['shape', 'signature', 'signer']);
    assert.deepEqual(failing({ proof: withSignature(new Uint8Array(65).with(64, 27)) }), ['signature', 'signer']);
    const forged = encodeTeeProof({ signature, vkHash, publicValues: Buffer.of(1) });
    assert.deepEqual(failing({ proof: forged }, 'publicValues'), ['signer']);
  });

  it('with any byte changed is by no key that is trusted, or of another program', () => {
    fc.assert(
      fc.property(fc.nat(64), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const changed = signature.with(at, (signature[at] as number) ^ change);
        assert.ok(failing({ proof: withSignature(changed) }).includes('signer'));
      }),
    );
  });

  it('that is none is refused in a sentence', () => {
    const bytes = '[1,2]';
    const vk = `[${Array.from({ length: 32 }, () => 0)}]`;
    for (const [text, problem] of [
      ['', /not JSON/],
      ['null', /its vk is not an array/],
      ['{"vk":[256]}', /its vk is not an array of bytes/],
      [`{"vk":${bytes}}`, /its vk has not 32 bytes/],
      [`{"vk":${vk},"public_values":[]}`, /its signature is not/],
      [`{"vk":${vk},"signature":[],"public_values":[-1]}`, /its public_values is not/],
      [`{"vk":${vk},"signature":[1.5],"public_values":[]}`, /its signature is not/],
    ] as const)
      assert.throws(
        () => verifyTeeProof({ proof: Buffer.from(text) }),
        (error) =>
          error instanceof ClientError && error.failure.code === 'PROOF_MALFORMED' && problem.test(error.message),
        text,
      );
  });
});
